package web

import (
	"net/http"
	"strings"

	"respon/tickets"
)

type helpView struct {
	layout
	Report, Ask, Commands []string
	Categories            string
	Chosen                tickets.Locale // the language in which the visitor is written to
}

// help is the guide: the same words as in the mail that answers AYUDA.
func (s *Server) help(w http.ResponseWriter, q *request) error {
	v := helpView{layout: s.layout(q, "help"), Chosen: q.locale}
	guide := func(key string, args ...any) string {
		return s.Templates().Text(string(q.locale), "guide."+key, args...)
	}
	number := tickets.Number(12).Format(q.catalogue.Gateway.Prefix)
	v.Report = []string{guide("write"), guide("number"), guide("answer"), guide("tags")}
	v.Ask = []string{guide("status"), guide("status_of", number), guide("search"), guide("close", number, number), guide("locale"), guide("help")}
	var names []string
	for i := range q.catalogue.Categories {
		names = append(names, strings.ToLower(oneLine(q.catalogue.Categories[i].Name(q.locale))))
	}
	v.Categories = strings.Join(names, ", ")
	if q.visitor.technician != nil {
		for _, verb := range tickets.Verbs {
			v.Commands = append(v.Commands, strings.ReplaceAll(s.Templates().Text(string(q.locale), "help."+string(verb)), "BR-7", tickets.Number(7).Format(q.catalogue.Gateway.Prefix)))
		}
	}
	return s.render(w, q, http.StatusOK, "help", v)
}

// setLocale keeps the language in which the visitor wants to be written to.
func (s *Server) setLocale(w http.ResponseWriter, q *request) error {
	if err := parseForm(q); err != nil {
		return err
	}
	for _, l := range tickets.Locales {
		if string(l) == q.PostForm.Get("locale") {
			if err := s.Desk.SetLocale(q.Context(), q.visitor.address, l); err != nil {
				return err
			}
			http.Redirect(w, q.Request, withLanguage("/help", string(l)), http.StatusSeeOther)
			return nil
		}
	}
	return errBadForm
}
