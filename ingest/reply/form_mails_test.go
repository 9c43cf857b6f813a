package reply

import (
	"fmt"
	"html"
	"strings"
)

// What the gateway sends, and how programs of the world quote it.

var known = Names{
	Categories: []Named{
		{ID: "contabilidad", Names: []string{"Contabilidad", "Comptabilitat", "Accounting", "sicalwin", "conta"}},
		{ID: "portales", Names: []string{"Portales", "Portals"}},
		{ID: "ipobles", Names: []string{"iPobles"}},
		{ID: "padron", Names: []string{"Padrón de habitantes", "Padró d'habitants", "Register of residents"}},
	},
	Addresses: []string{"respon@dival.example"},
	Gateway:   "Batlia Respon",
}

var languages = []string{"es", "ca", "en"}

var forms = map[string][]string{
	"es": {"Tipo (incidencia / petición): ", "Categoría (contabilidad / portales / ipobles / …): ", "¿Le impide realizar su trabajo? [ ] No [ ] Sí", "¿Afecta a más usuarios de su servicio? [ ] No [ ] Sí", "¿Afecta el servicio al ciudadano? [ ] No [ ] Sí"},
	"ca": {"Tipus (incidència / petició): ", "Categoria (comptabilitat / portals / ipobles / …): ", "Li impedix fer la seua faena? [ ] No [ ] Sí", "Afecta més usuaris del seu servici? [ ] No [ ] Sí", "Afecta el servici al ciutadà? [ ] No [ ] Sí"},
	"en": {"Type (incident / request): ", "Category (accounting / portals / ipobles / …): ", "Does it stop you from working? [ ] No [ ] Yes", "Does it affect other users of your service? [ ] No [ ] Yes", "Does it affect the service to citizens? [ ] No [ ] Yes"},
}

var frames = map[string][2][]string{
	"es": {{"Buenos días, María:", "", "Hemos recibido su mensaje y le hemos dado el número BR-7.", "", "Esto es lo que hemos anotado:", "", "Asunto: No puedo entrar", "Tipo: por determinar", "Categoría: por determinar", "Prioridad: 4, de momento (la 1 es la más urgente)", "", "Para atenderle antes necesitamos saber algo más. Responda a este correo y complete lo que sigue (marque con una x):", ""}, {"", "Puede elegir entre estas categorías: contabilidad, portales, ipobles, padrón de habitantes.", "", "Para añadir o corregir algo, basta con que responda a este correo."}},
	"ca": {{"Bon dia, Maria:", "", "Hem rebut el seu missatge i li hem donat el número BR-7.", "", "Açò és el que hem anotat:", "", "Assumpte: No puc entrar", "Tipus: per determinar", "Categoria: per determinar", "Prioritat: 4, de moment (la 1 és la més urgent)", "", "Per a atendre-li abans necessitem saber alguna cosa més. Responga a este correu:", ""}, {"", "Pot triar entre estes categories: comptabilitat, portals, ipobles.", "", "Per a afegir alguna cosa, responga a este correu."}},
	"en": {{"Good morning, Mary,", "", "We have received your message and given it the number BR-7.", "", "This is what we noted:", "", "Subject: Cannot log in", "Type: unknown", "Category: unknown", "Priority: 4 for now (1 is the most urgent)", "", "To help you sooner we need to know a little more:", ""}, {"", "You can choose among these categories: accounting, portals, ipobles.", "", "To add anything, just answer this mail."}},
}

// letter is our acknowledgement with these lines as its form.
func letter(lang string, form []string) []string {
	f := frames[lang]
	return append(append(append([]string{}, f[0]...), form...), f[1]...)
}

// A client makes a mail out of what a person writes above, the lines of the
// letter she answers, and what she writes below.
type client struct {
	name string
	make func(above, letter, below []string) (text, html string)
}

func quote(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = strings.TrimRight("> "+l, " ")
	}
	return out
}

func block(parts ...[]string) string {
	var all []string
	for _, p := range parts {
		all = append(all, p...)
	}
	return strings.Join(all, "\n")
}

func divs(lines []string, open, shut, none string) string {
	var b strings.Builder
	for _, l := range lines {
		if l == "" {
			b.WriteString(none)
		} else {
			b.WriteString(open + strings.ReplaceAll(html.EscapeString(l), "  ", "&nbsp; ") + shut + "\n")
		}
	}
	return b.String()
}

func paragraphs(lines []string) string {
	return divs(lines, `<p style="margin:0 0 8px">`, "</p>", "")
}

var clients = []client{
	{"gmail", func(above, letter, below []string) (string, string) {
		intro := "El lun, 23 nov 2026 a las 10:12, Batlia Respon (<respon+abc@dival.example>) escribió:"
		return block(above, []string{"", intro, ""}, quote(letter), below),
			`<div dir="ltr">` + divs(above, "<div>", "</div>", "<div><br></div>") + `</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">El lun, 23 nov 2026 a las 10:12, Batlia Respon (&lt;<a href="mailto:respon%2Babc@dival.example">respon+abc@dival.example</a>&gt;) escribió:<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">` + paragraphs(letter) + `</blockquote></div>` + divs(below, "<div>", "</div>", "")
	}},
	{"outlook", func(above, letter, below []string) (string, string) {
		head := []string{"", "________________________________", "De: Batlia Respon <respon@dival.example>", "Enviado: lunes, 23 de noviembre de 2026 10:12", "Para: Maria Ferrer <maria@alfafar.example>", "Asunto: Re: [BR-7] No puedo entrar", ""}
		return block(above, head, letter, below),
			`<html><body lang="ES"><div class="WordSection1">` + divs(above, `<p class="MsoNormal"><span style="color:#1F497D">`, "<o:p></o:p></span></p>", `<p class="MsoNormal"><o:p>&nbsp;</o:p></p>`) +
				`<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>De:</b> Batlia Respon &lt;respon@dival.example&gt;<br><b>Enviado:</b> lunes, 23 de noviembre de 2026 10:12<br><b>Para:</b> Maria Ferrer &lt;maria@alfafar.example&gt;<br><b>Asunto:</b> Re: [BR-7] No puedo entrar<o:p></o:p></p></div>` +
				divs(append(letter, below...), `<p class="MsoNormal">`, "<o:p></o:p></p>", `<p class="MsoNormal"><o:p>&nbsp;</o:p></p>`) + `</div></body></html>`
	}},
	{"thunderbird", func(above, letter, below []string) (string, string) {
		return block([]string{"El 23/11/26 a las 10:12, Batlia Respon escribió:"}, quote(letter), above, below, []string{"", "-- ", "Maria Ferrer"}), ""
	}},
	{"apple", func(above, letter, below []string) (string, string) {
		return block(above, []string{"", "> El 23 nov 2026, a las 10:12, Batlia Respon <respon@dival.example> escribió:", "> "}, quote(letter), below),
			`<html><body>` + divs(above, "<div>", "</div>", "<div><br></div>") + `<div><br><blockquote type="cite"><div>El 23 nov 2026, a las 10:12, Batlia Respon &lt;respon@dival.example&gt; escribió:</div><br class="Apple-interchange-newline"><div>` + paragraphs(letter) + `</div></blockquote></div>` + divs(below, "<div>", "</div>", "") + `</body></html>`
	}},
	{"phone", func(above, letter, below []string) (string, string) {
		return block(above, []string{"", "Enviado desde mi iPhone", "", "El 23 nov 2026, a las 10:12, Batlia Respon <respon@dival.example> escribió:", ""}, quote(letter), below), ""
	}},
}

// yes writes a filled form as tests compare it.
func (f Form) String() string {
	var b strings.Builder
	if f.Type != "" {
		fmt.Fprintf(&b, "%s ", f.Type)
	}
	if f.Category != "" {
		fmt.Fprintf(&b, "%s ", f.Category)
	}
	for _, a := range []struct {
		name string
		is   *bool
	}{{"blocks", f.BlocksWork}, {"others", f.AffectsOthers}, {"citizens", f.AffectsCitizens}} {
		if a.is != nil {
			fmt.Fprintf(&b, "%s=%t ", a.name, *a.is)
		}
	}
	if f.Unknown != "" {
		fmt.Fprintf(&b, "unknown=%q%v ", f.Unknown, f.Nearest)
	}
	if len(f.Contradictions) > 0 {
		fmt.Fprintf(&b, "twice%v ", f.Contradictions)
	}
	return strings.TrimSpace(b.String())
}
