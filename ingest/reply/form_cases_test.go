package reply

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const (
	gmailIntro = "El lun, 23 nov 2026 a las 10:12, Batlia Respon (<respon@dival.example>) escribió:\n\n"
	herIntro   = "El mar, 24 nov 2026 a las 9:00, Maria Ferrer (<maria@alfafar.example>) escribió:\n\n"
)

// quoted marks each line of a text as quoted.
func quoted(s string) string { return strings.Join(quote(strings.Split(s, "\n")), "\n") }

func TestFormAsPeopleFillIt(t *testing.T) {
	es := forms["es"]
	for _, tt := range []struct{ name, text, html, want string }{
		{"half", "Tipo (incidencia / petición): petición\n" + es[2], "", "request"},
		{"one answer", es[2] + "\n" + strings.Replace(es[3], "[ ] Sí", "[x] Sí", 1) + "\n" + es[4], "", "others=true"},
		{"next line, in the quotation", gmailIntro + "> " + es[2] + "\nSí\n> " + es[3] + "\nNo\n> " + es[4] + "\nNo, solo a mí", "", "blocks=true others=false citizens=false"},
		{"next line, over an empty one", gmailIntro + "> " + es[2] + "\n\nSí.\n\n> " + es[3] + "\n\nno\n", "", "blocks=true others=false"},
		{"type and category on the next line", "Tipo (incidencia / petición):\nPetición\nCategoría (contabilidad / portales / …):\nportales\n", "", "request portales"},
		{"each box on its line", "¿Le impide realizar su trabajo?\n[ ] No\n[x] Sí\n¿Afecta a más usuarios de su servicio?\n[x] No\n[ ] Sí", "", "blocks=true others=false"},
		{"wrapped before the boxes", "¿Afecta a más usuarios de su servicio?\n[ ] No [x] Sí", "", "others=true"},
		{"wrapped in the question", "> ¿Afecta a más usuarios de su\n> servicio? [ ] No [x] Sí", "", "others=true"},
		{"wrapped in the boxes, mark lost", gmailIntro + "> ¿Afecta a más usuarios de su servicio? [ ] No [x]\nSí\n> " + es[4], "", "others=true"},
		{"wrapped, empty", gmailIntro + "> ¿Afecta a más usuarios de su servicio? [ ] No [ ]\nSí\n> " + es[4], "", ""},
		{"wrapped choices", "Categoría (contabilidad / portales / ipobles /\n…): portales", "", "portales"},
		{"wrong word deleted", "Tipo (incidencia): \nCategoría (portales): \n¿Le impide realizar su trabajo? Sí", "", "incident portales blocks=true"},
		{"choice marked", "Tipo (incidencia x / petición): \nCategoría (contabilidad / [x] portales / ipobles / …): ", "", "incident portales"},
		{"choice in stars", "Tipo (incidencia / *petición*): \nCategoría (contabilidad / *portales* / ipobles / …): ", "", "request portales"},
		{"choices deleted, word put", "Tipo: petición\nCategoría: conta\n" + es[2], "", "request contabilidad"},
		{"one line, as our letter says", "Tipo: petición\n\nGracias\n\n" + gmailIntro + "> Asunto: impresora\n> Tipo: incidencia\n> Si algo no es correcto, responda a este correo con la línea corregida; por ejemplo,\n> «Tipo: incidencia».", "", "request"},
		{"our letter's example", "Gracias\n\n" + gmailIntro + "> " + es[4] + "\n> Si algo no es correcto, responda a este correo con la línea corregida; por ejemplo,\n> «Tipo: petición».", "", ""},
		{"nothing but two lines", "Tipo: solicitud\nCategoría: sicalwin", "", "request contabilidad"},
		{"numbered", "1. Tipo (incidencia / petición): incidencia\n2. Categoría (contabilidad / …): iPobles\n3. ¿Le impide realizar su trabajo? No", "", "incident ipobles blocks=false"},
		{"list", "- Tipo (incidencia / petición): incidencia\n- ¿Le impide realizar su trabajo? [x] No [ ] Sí", "", "incident blocks=false"},
		{"no accents", "Categoria (contabilidad / portales / ipobles / …): padron de habitantes\nAfecta a mas usuarios de su servicio? SI", "", "padron others=true"},
		{"corrected by a telephone", "Li impedeix fer la seva faena? [ ] No [x] Si", "", "blocks=true"},
		{"category in a sentence", "Categoría (contabilidad / portales / …): es de sicalwin, creo", "", "contabilidad"},
		{"category in another language", "Category (accounting / portals / …): comptabilitat", "", "contabilidad"},
		{"category by id", "Category (accounting / portals / …): PADRON", "", "padron"},
		{"category misspelt", "Categoría (contabilidad / portales / …): contabildad", "", `unknown="contabildad"[contabilidad]`},
		{"category unknown", "Categoría (contabilidad / portales / …): urbanismo", "", `unknown="urbanismo"[]`},
		{"no category", "Categoría (contabilidad / portales / …): no lo sé", "", ""},
		{"two categories", "Categoría (contabilidad / portales / …): contabilidad y portales", "", "twice[1]"},
		{"two types", "Tipo (incidencia / petición): incidencia y petición", "", "twice[0]"},
		{"suggestion", "Tipo (incidencia / petición): sugerencia", "", "suggestion"},
		{"a request that is a suggestion", "Tipo (incidencia / petición): petición (sugerencia)", "", "suggestion"},
		{"valencian suggestion", "Tipus (incidència / petició): suggeriment", "", "suggestion"},
		{"both boxes", "¿Le impide realizar su trabajo? [x] No [x] Sí", "", "twice[2]"},
		{"both boxes, then one", "¿Le impide realizar su trabajo? [x] No [x] Sí\n¿Le impide realizar su trabajo? [ ] No [x] Sí", "", "blocks=true"},
		{"nobody can tell", "¿Le impide realizar su trabajo? No x Sí", "", "twice[2]"},
		{"twice, the last counts", "¿Le impide realizar su trabajo? [x] No [ ] Sí\nPerdón:\n¿Le impide realizar su trabajo? [ ] No [x] Sí", "", "blocks=true"},
		{"own words before quoted ones", "¿Le impide realizar su trabajo? Sí\n" + gmailIntro + "> ¿Le impide realizar su trabajo? [x] No [ ] Sí", "", "blocks=true"},
		{"reason without comma", "¿Le impide realizar su trabajo? Sí no puedo abrir nada", "", "blocks=true"},
		{"does not know", es[2] + " no lo sé", "", ""},
		{"sure in other words", "¿Le impide realizar su trabajo? Claro que sí\n¿Afecta el servicio al ciudadano? Por supuesto", "", "blocks=true citizens=true"},
		{"not at all", "Li impedix fer la seua faena? En absolut", "", "blocks=false"},
		{"who else, in words", es[3] + " sólo a mí", "", "others=false"},
		{"all of them", es[3] + ", a todos", "", "others=true"},
		{"only oneself", "Does it affect other users of your service? Only me", "", "others=false"},
		{"a cross and a tick", "¿Le impide realizar su trabajo? ❌ No ✅ Sí", "", "blocks=true"},
		{"two crosses", "¿Le impide realizar su trabajo? ❌ No ❌ Sí", "", "twice[2]"},
		{"the first word of a category", "Categoria (comptabilitat / portals / …): Padró", "", "padron"},
		{"a soft hyphen", "Tipo (incidencia / petición)\u00a0: peti\u00adción", "", "request"},
		{"a sentence below two questions", gmailIntro + "> " + es[2] + "\n> " + es[3] + "\n\nSí, me impide trabajar. No afecta a nadie más.", "", ""},
		{"struck out", "¿Le impide realizar su trabajo? [ ] No [ ] Sí", `<p>¿Le impide realizar su trabajo? [ ] <s>No</s> [ ] Sí</p><p>Tipo (<strike>incidencia</strike> / petición): </p>`, "request blocks=true"},
		{"struck out with its box", "", `<p>¿Le impide realizar su trabajo? <del>[ ] No</del> [ ] Sí</p>`, "blocks=true"},
		{"struck out by style", "", `<div>Afecta el servici al ciutadà? <span style="text-decoration: line-through">[ ] No</span> [ ] Sí</div>`, "citizens=true"},
		{"bold", "", `<p>¿Le impide realizar su trabajo? [ ] No [ ] <b>Sí</b></p>`, "blocks=true"},
		{"bold No", "", `<p>¿Le impide realizar su trabajo? [ ] <strong>No</strong> [ ] Sí</p>`, "blocks=false"},
		{"bold with the box", "", `<p>¿Le impide realizar su trabajo? [ ] No <b>[ ] Sí</b></p>`, "blocks=true"},
		{"underlined", "", `<p>Does it stop you from working? [ ] No [ ] <u>Yes</u></p>`, "blocks=true"},
		{"coloured", "", `<p style="color:#1f497d">Does it stop you from working? [ ] No <span style="color:red">[ ] Yes</span></p>`, "blocks=true"},
		{"highlighted", "", `<p>Does it stop you from working? <span style="background:yellow">[ ] No</span> [ ] Yes</p>`, "blocks=false"},
		{"font", "", `<p>Does it stop you from working? [ ] No <font color="#ff0000">[ ] Yes</font></p>`, "blocks=true"},
		{"type in bold", "", `<p>Tipo (incidencia / <b>petición</b>): </p><p>Categoría (contabilidad / <u>portales</u> / ipobles / …): </p>`, "request portales"},
		{"all bold", "", `<p><b>¿Le impide realizar su trabajo? [ ] No [ ] Sí</b></p>`, ""},
		{"label bold", "", `<p><b>¿Le impide realizar su trabajo?</b> [ ] No [ ] Sí</p>`, ""},
		{"mailto, first mail", "Tipo (incidencia / petición): petición\r\nCategoría (contabilidad / portales / ipobles / …): ipobles\r\n¿Le impide realizar su trabajo? [x] No [ ] Sí\r\n\r\nQuiero un usuario nuevo.", "", "request ipobles blocks=false"},
		{"marks of style in the mail", "¿Le impide realizar su trabajo? [ ] No \uE001[ ] Sí\uE000", "", ""},
		{"forwarded by nobody", "---------- Forwarded message ---------\nDe: Batlia Respon <respon@dival.example>\nDate: lun, 23 nov 2026 a las 10:12\nSubject: Re: [BR-7] No puedo entrar\nTo: <maria@alfafar.example>\n\n¿Le impide realizar su trabajo? [ ] No [x] Sí", "", "blocks=true"},
		{"name alone in the introduction", "El 23/11/26 a las 10:12, Soporte escribió:\n> ¿Le impide realizar su trabajo? [ ] No [x] Sí", "", "blocks=true"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.text
			if text == "" {
				text = FromHTML(tt.html)
			}
			if got := ReadForm(text, tt.html, known).String(); got != tt.want {
				t.Errorf("got  %s\nwant %s\n%s\n%s", got, tt.want, tt.text, tt.html)
			}
		})
	}
}

// What an earlier answer filled in was understood then, and may have been
// corrected since.
func TestFormOfAnEarlierAnswerIsHistory(t *testing.T) {
	for _, lang := range languages {
		filledIn := strings.Join(filled(lang, ways[0]), "\n")
		empty := strings.Join(letter(lang, forms[lang]), "\n")
		inside := strings.Join(letter(lang, filled(lang, ways[0])), "\n")
		outlook := "\n________________________________\nDe: Maria Ferrer <maria@alfafar.example>\nEnviado: martes, 24 de noviembre de 2026 9:00\nPara: Batlia Respon <respon@dival.example>\nAsunto: RE: [BR-7]\n\n"
		ours := "\n________________________________\nDe: Batlia Respon <respon@dival.example>\nEnviado: lunes, 23 de noviembre de 2026 10:12\nPara: Maria Ferrer <maria@alfafar.example>\nAsunto: Re: [BR-7]\n\n"
		for name, text := range map[string]string{
			"hers, above":              "¿Alguna novedad?\n\n" + herIntro + quoted(filledIn+"\n\n"+gmailIntro+quoted(empty)),
			"hers, inside":             "¿Alguna novedad?\n\n" + herIntro + quoted("Hecho\n\n"+gmailIntro+quoted(inside)),
			"hers, nothing around":     "¿Alguna novedad?\n\n" + herIntro + quoted(filledIn),
			"name alone":               "¿Alguna novedad?\n\nEl 24/11/26 a las 9:00, Maria Ferrer escribió:\n" + quoted(filledIn+"\n\n"+gmailIntro+quoted(empty)),
			"Outlook, above":           "¿Alguna novedad?\n" + outlook + filledIn + "\n" + ours + empty,
			"Outlook, inside":          "¿Alguna novedad?\n" + outlook + "Hecho\n" + ours + inside,
			"Outlook, marked":          "¿Alguna novedad?\n" + outlook + "\n" + quoted(filledIn),
			"our answer quotes her":    "Gracias\n\n" + gmailIntro + quoted("Ya está.\n\n"+herIntro+quoted(filledIn)),
			"colleague passes it on":   "Lo mismo me pasa a mí\n\n" + herIntro + quoted(inside),
			"nothing written but hers": herIntro + quoted(filledIn+"\n\n"+gmailIntro+quoted(empty)),
		} {
			if f := ReadForm(text, "", known); !f.Empty() {
				t.Errorf("%s, %s: got %s\n%s", lang, name, f, text)
			}
		}
		rich := `<div>¿Alguna novedad?</div><div class="gmail_quote"><div class="gmail_attr">El mar, 24 nov 2026 a las 9:00, Maria Ferrer (&lt;maria@alfafar.example&gt;) escribió:<br></div><blockquote class="gmail_quote">` +
			paragraphs(filled(lang, ways[0])) + `<div class="gmail_quote"><div class="gmail_attr">El lun, 23 nov 2026 a las 10:12, Batlia Respon (&lt;respon@dival.example&gt;) escribió:<br></div><blockquote class="gmail_quote">` +
			paragraphs(letter(lang, forms[lang])) + `</blockquote></div></blockquote></div>`
		if f := readHTML(rich); !f.Empty() {
			t.Errorf("%s, HTML: got %s", lang, f)
		}
	}
}

func TestProseIsNoForm(t *testing.T) {
	for _, text := range []string{
		"", "Sí", "No", "x", "[x]", "[ ] No [x] Sí", "Sí, me impide trabajar un poco, lo de siempre.", "Sí, afecta a más usuarios.",
		"No, no me impide realizar su trabajo a nadie.", "Me impide realizar mi trabajo: sí.", "¿Le impide realizar su trabajo? No lo sé", "¿Le impide realizar su trabajo? Un poco",
		"Le impide realizar su trabajo a toda la oficina, sí.", "¿Afecta a más usuarios de su servicio? Creo que sí", "Afecta a más usuarios de su servicio, no solo a mí",
		"¿Afecta el servicio al ciudadano? [ ] No [ ] Sí a medias", "¿Afecta el servicio al ciudadano? ?", "¿Afecta el servicio al ciudadano?",
		"Does it stop you from working? Not sure", "Does it stop you from working on other things? Yes", "Does it stop you from working in the evening?", "Li impedix fer la seua faena? No ho sé",
		"Tipo: HP LaserJet", "Tipo: Solicitud\nEstado: en curso\nExpediente: 2026/14", "Tipo: petición de licencia\nSolicitante: Juan\nAsunto: obra menor\nY no puedo imprimirla.",
		"El tipo: incidencia o petición, no lo sé.", "Categoría: A2\nGrupo: administrativo", "Categoría: urbanismo", "La categoría: contabilidad",
		"Hola:\nTipo: incidencia\nGracias", "Necesito cambiar la categoría (contabilidad)", "Tipo de error: incidencia de red", "Type: Error\nCode: 500",
		"Type: request\nStatus: 500\nSubject: x", "Categoría profesional: portales", "Asunto: impresora\nTipo: incidencia\nCategoría: Contabilidad\nPrioridad: P2",
		"He rellenado el formulario de incidencia.", "¿Me impide trabajar? Sí.", "No [x] sé", "(x) Sí", "☑ Sí", "Opciones: [x] Sí [ ] No", "Encuesta:\n¿Está satisfecho? [x] Sí [ ] No",
		"1. Sí\n2. No\n3. No", "Sí / No / No", "S", "petición", "incidencia", "contabilidad", "- portales", "Categoría", "Tipo", "Type", "Tipus:", "Categoría:\n\nNo puedo entrar",
		"Tipo (A / B): A", "Tipo (de letra): Arial", "Categoría (profesional): A1", "Type (HTTP): request header", "Tipo (incidencia / petición): ?", "Tipo (incidencia / petición): ambas cosas no",
		"> Sí, me impide trabajar", "> Tipo: incidencia\n> Categoría: Contabilidad", "Le he dicho que «¿Le impide realizar su trabajo? Sí» es lo que hay que poner.",
		"La pregunta «¿Afecta el servicio al ciudadano? [x] No [ ] Sí» no se entiende.",
	} {
		if f := ReadForm(text, "", known); !f.Empty() {
			t.Errorf("%q: got %s", text, f)
		}
	}
}

func TestWordsAroundTheForm(t *testing.T) {
	es := forms["es"]
	lines := strings.Join(filled("es", ways[0]), "\n")
	empty := strings.Join(letter("es", forms["es"]), "\n")
	inside := strings.Join(letter("es", filled("es", ways[0])), "\n")
	outlook := "\n________________________________\nDe: Batlia Respon <respon@dival.example>\nEnviado: lunes, 23 de noviembre de 2026 10:12\nPara: Maria Ferrer <maria@alfafar.example>\nAsunto: Re: [BR-7]\n\n"
	for _, tt := range []struct{ name, text, want string }{
		{"nothing but the form", lines, ""},
		{"above", "Buenos días:\n\n" + lines + "\n\nTambién falla el correo.\n\n" + gmailIntro + quoted(empty), "Buenos días:\n\n\nTambién falla el correo."},
		{"inside alone", gmailIntro + quoted(inside), ""},
		{"inside, with words", "También falla el correo.\n\n" + gmailIntro + quoted(inside), "También falla el correo."},
		{"Outlook, inside alone", outlook + inside, ""},
		{"Outlook, signed", "\n-- \nMaria Ferrer\n" + outlook + inside, ""},
		{"next lines", gmailIntro + "> ¿Le impide realizar su trabajo? [ ] No [ ] Sí\nSí\n", ""},
		{"with a reason", "¿Le impide realizar su trabajo? Sí, no puedo abrir el programa desde ayer\n" + es[3] + " No\n\n" + gmailIntro + quoted(empty), "¿Le impide realizar su trabajo? Sí, no puedo abrir el programa desde ayer"},
		{"with a reason, inside", gmailIntro + quoted(strings.Replace(empty, es[2], "¿Le impide realizar su trabajo? [ ] No [x] Sí, no puedo abrir el programa desde ayer", 1)), "¿Le impide realizar su trabajo? [ ] No [x] Sí, no puedo abrir el programa desde ayer"},
		{"with words behind the type", "Tipo: incidencia, no imprime nada desde ayer y hay pleno\nCategoría: portales\n\n" + gmailIntro + quoted(empty), "Tipo: incidencia, no imprime nada desde ayer y hay pleno"},
		{"with words below a question", gmailIntro + "> " + es[2] + "\nSí, no puedo abrir el programa desde ayer\n> " + es[3] + "\nNo", "Sí, no puedo abrir el programa desde ayer"},
		{"no form", "Gracias.\n\n" + gmailIntro + quoted(empty), "Gracias."},
		{"no quotation", "No puedo entrar.", "No puedo entrar."},
	} {
		if got := ReadForm(tt.text, "", known).Rest; got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestNearestCategories(t *testing.T) {
	n := known.index()
	for wrong, want := range map[string][]string{
		"contabildad": {"contabilidad"}, "portal": {"portales"}, "ipoble": {"ipobles"}, "padro": {"padron"}, "urbanismo": nil, "": nil,
	} {
		if got := n.nearest(wrong); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", wrong, got, want)
		}
	}
}

func FuzzForm(f *testing.F) {
	for _, lang := range languages {
		for _, c := range clients {
			text, html := c.make([]string{"Hola"}, letter(lang, filled(lang, ways[0])), nil)
			f.Add(text, html)
		}
	}
	f.Add("Tipo (((: \n> > >> Categoría (", "<b><blockquote><blockquote>¿Le impide realizar su trabajo? [")
	f.Fuzz(func(t *testing.T, text, html string) {
		if len(text)+len(html) > 1<<16 {
			return
		}
		text, html = strings.ToValidUTF8(text, ""), strings.ToValidUTF8(html, "")
		form := ReadForm(text, html, known)
		if !utf8.ValidString(form.Rest) || !utf8.ValidString(form.Unknown) {
			t.Errorf("no UTF-8: %q %q", form.Rest, form.Unknown)
		}
		if form.Type != "" && form.Type != "incident" && form.Type != "request" {
			t.Errorf("type %q", form.Type)
		}
		if form.Category != "" && form.Unknown != "" {
			t.Errorf("category %q and unknown %q", form.Category, form.Unknown)
		}
		if strings.ContainsFunc(form.Unknown, isStyle) {
			t.Errorf("%q holds marks of ours", form.Unknown)
		}
	})
}
