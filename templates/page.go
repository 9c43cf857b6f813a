package templates

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"strings"
	"text/template/parse"
)

// readPages parses each page with the layout around it, once for each language:
// T in it gives a text of the table page in that language.
func (s *Set) readPages(files fs.FS) error {
	names, err := fs.Glob(embedded, "page/*.html") // a stray file of the operator's is no page
	if err != nil {
		return err
	}
	var errs []error
	for _, locale := range Locales {
		s.pages[locale] = map[string]*template.Template{}
		funcs := template.FuncMap{
			"T": func(key string, args ...any) (string, error) { return s.text(locale, "page."+key, args...) },
		}
		layout, err := template.New("layout.html").Funcs(funcs).ParseFS(files, "page/layout.html")
		if err != nil {
			return err
		}
		for _, file := range names {
			name := strings.TrimSuffix(path.Base(file), ".html")
			if name == "layout" {
				continue
			}
			t, err := template.Must(layout.Clone()).ParseFS(files, file)
			if err != nil {
				return err
			}
			s.pages[locale][name] = t
			if locale == Locales[0] { // all languages have the same keys
				errs = append(errs, s.checkKeys(t))
			}
		}
	}
	return errors.Join(errs...)
}

// Page writes a page in a language. In it, T gives a short text of the table
// page, by its key.
func (s *Set) Page(w io.Writer, name, locale string, data any) error {
	t := s.pages[known(locale)][name]
	if t == nil {
		return fmt.Errorf("no page %q", name)
	}
	return t.Execute(w, data)
}

// checkKeys finds the texts that a page asks for by a key that nobody knows.
// Keys that the page puts together itself cannot be seen here.
func (s *Set) checkKeys(page *template.Template) error {
	var errs []error
	for _, t := range page.Templates() {
		if t.Tree == nil {
			continue
		}
		walk(t.Tree.Root, func(n *parse.StringNode) {
			if _, ok := s.texts[Locales[0]]["page."+n.Text]; !ok {
				where, _ := t.Tree.ErrorContext(n)
				errs = append(errs, fmt.Errorf("page/%s: no text page.%s", where, n.Text))
			}
		})
	}
	return errors.Join(errs...)
}

// walk calls found with each constant key that is given to T below a node.
func walk(n parse.Node, found func(*parse.StringNode)) {
	branch := func(b *parse.BranchNode) {
		walk(b.Pipe, found)
		walk(b.List, found)
		walk(b.ElseList, found)
	}
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, child := range n.Nodes {
				walk(child, found)
			}
		}
	case *parse.PipeNode:
		if n != nil {
			for _, c := range n.Cmds {
				walk(c, found)
			}
		}
	case *parse.CommandNode:
		for i, arg := range n.Args {
			key, isKey := arg.(*parse.StringNode)
			f, isName := n.Args[0].(*parse.IdentifierNode)
			if i == 1 && isKey && isName && f.Ident == "T" {
				found(key)
			}
			walk(arg, found)
		}
	case *parse.ActionNode:
		walk(n.Pipe, found)
	case *parse.TemplateNode:
		walk(n.Pipe, found)
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	}
}
