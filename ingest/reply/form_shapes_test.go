package reply

import (
	"strings"
	"testing"
)

// The form in other shapes than it was sent in.
func TestFormOutOfShape(t *testing.T) {
	es := forms["es"]
	const (
		qa, qb, qc = "¿Le impide realizar su trabajo?", "¿Afecta a más usuarios de su servicio?", "¿Afecta el servicio al ciudadano?"
		all        = "incident portales blocks=true others=false citizens=false"
	)
	q := gmailIntro + quoted(strings.Join(letter("es", es), "\n"))
	for _, tt := range []struct{ name, text, html, want string }{
		{"two fields on one line", "Tipo: incidencia Categoría: portales\n\n" + q, "", "incident portales"},
		{"two fields on one line with comma", "Tipo: incidencia, Categoría: portales\n\n" + q, "", "incident portales"},
		{"two fields on one line with bar", "Tipo: incidencia / Categoría: portales\n\n" + q, "", "incident portales"},
		{"two fields and dash", "Tipo: incidencia - Categoría: portales\n\n" + q, "", "incident portales"},
		{"two fields, semicolon", "Tipo: petición; categoría: contabilidad\n\n" + q, "", "request contabilidad"},
		{"all on one line", "Tipo: incidencia. Categoría: portales. ¿Le impide realizar su trabajo? Sí. ¿Afecta a más usuarios de su servicio? No. ¿Afecta el servicio al ciudadano? No.\n\n" + q, "", all},
		{"three questions on one line", qa + " Sí " + qb + " No " + qc + " No\n\n" + q, "", "blocks=true others=false citizens=false"},
		{"three questions on one line with boxes", qa + " [ ] No [x] Sí " + qb + " [x] No [ ] Sí " + qc + " [x] No [ ] Sí\n\n" + q, "", "blocks=true others=false citizens=false"},
		{"whole form in one paragraph by a phone", "Tipo (incidencia / petición): incidencia Categoría (contabilidad / portales / ipobles / …): portales " + qa + " [ ] No [x] Sí " + qb + " [x] No [ ] Sí " + qc + " [x] No [ ] Sí", "", all},
		{"one line in ca", "Tipus: petició Categoria: portals\n\n" + q, "", "request portales"},
		{"one line in en", "Type: incident Category: accounting\n\n" + q, "", "incident contabilidad"},
		{"yes to all", "Sí a todo\n\n" + q, "", "blocks=true others=true citizens=true"},
		{"si, a todo", "si, a todo\n\n" + q, "", "blocks=true others=true citizens=true"},
		{"no a todo", "No a todo.\n\n" + q, "", "blocks=false others=false citizens=false"},
		{"no a las tres", "No a las tres preguntas\n\n" + q, "", "blocks=false others=false citizens=false"},
		{"si a tot", "Sí a tot\n\n" + q, "", "blocks=true others=true citizens=true"},
		{"yes to all en", "Yes to all\n\n" + q, "", "blocks=true others=true citizens=true"},
		{"no to everything", "No to everything.\n\n" + q, "", "blocks=false others=false citizens=false"},
		{"under each with two blank lines", gmailIntro + "> " + es[2] + "\n\n\nSí\n\n\n> " + es[3] + "\n\n\nNo\n", "", "blocks=true others=false"},
		{"under each as sentence", gmailIntro + "> " + es[0] + "\n\nEs una incidencia\n\n> " + es[1] + "\n\nportales, creo\n\n> " + es[2] + "\n\nSí, no puedo hacer nada\n", "", "incident portales blocks=true"},
		{"equals", "Tipo = incidencia\nCategoría = portales\n\n" + q, "", "incident portales"},
		{"dash for colon", "Tipo - incidencia\nCategoría - portales\n\n" + q, "", "incident portales"},
		{"no colon", "Tipo incidencia\nCategoría portales\n\n" + q, "", "incident portales"},
		{"short questions", "Tipo: incidencia\nCategoría: portales\nImpide trabajo: sí\nAfecta a más usuarios: no\nAfecta al ciudadano: no\n\n" + q, "", all},
		{"short questions with mark", "Tipo: incidencia\n¿Impide realizar su trabajo? Sí\n¿Afecta a más usuarios? No\n¿Afecta al ciudadano? No\n\n" + q, "", "incident blocks=true others=false citizens=false"},
		{"first person", "¿Me impide realizar mi trabajo? Sí\n¿Afecta a más usuarios de mi servicio? No\n\n" + q, "", "blocks=true others=false"},
		{"checkbox with dash no", qa + " [-] No [x] Sí", "", "blocks=true"},
		{"x outside on the left", qa + " [ ] No X[ ] Sí", "", "blocks=true"},
		{"bracket lost", qa + " No [x] Sí", "", "blocks=true"},
		{"tick emoji no", qa + " [ ] No ✅ [ ] Sí", "", "blocks=false"},
		{"answer with parentheses", qa + " (sí)", "", "blocks=true"},
		{"pues sí", qa + " Pues sí", "", "blocks=true"},
		{"pues no", qa + " Pues no", "", "blocks=false"},
		{"no por ahora", qa + " No por ahora", "", "blocks=false"},
		{"ninguno", qb + " ninguno", "", "others=false"},
		{"a nadie más", qb + " A nadie más", "", "others=false"},
		{"todos", qb + " Todos", "", "others=true"},
		{"5 usuarios", qb + " 5 usuarios", "", "others=true"},
		{"asterisk after the word", "Tipo (incidencia* / petición): ", "", "incident"},
		{"arrow in choices", "Tipo (incidencia <-- / petición): ", "", "incident"},
		{"capital in choices", "Tipo (INCIDENCIA / petición): ", "", "incident"},
		{"category typed before the parenthesis closes", "Categoría (portales", "", "portales"},
		{"parenthesis deleted in part", "Tipo (incidencia \n" + "Categoría (portales \n" + q, "", "incident portales"},
		{"type typo", es[0] + "insidencia", "", "incident"},
		{"type typo 2", es[0] + "peticón", "", "request"},
		{"type duda", es[0] + "duda", "", "request"},
		{"valencian corrected spelling", "Li impedeix fer la seva feina? Sí\nAfecta a més usuaris del seu servei? No\nAfecta el servei al ciutadà? No", "", "blocks=true others=false citizens=false"},
		{"o bullets", "o   Tipo (incidencia / petición): incidencia\no   " + qa + " [ ] No [x] Sí", "", "incident blocks=true"},
		{"html: italic", "", `<div>¿Le impide realizar su trabajo? [ ] No <i>[ ] Sí</i></div>`, "blocks=true"},
		{"one word for each question, in order", "Buenas:\n\n1. incidencia\n2. portales\n3. sí\n4. no\n5. no\n\nMaria Ferrer\n\n" + q, "", all},
		{"one word for each, parted by commas", "incidencia, portales, sí, no, no\n\n" + q, "", all},
		{"three on one line, one in short", "Tipus: incidència; Categoria: portals; Impedix treballar: sí\n\n" + q, "", "incident portales blocks=true"},
		{"no to all, with thanks", "No a todo, gracias.\n\n" + q, "", "blocks=false others=false citizens=false"},
		{"the same said over and over", "No, no, no\n\n" + gmailIntro + quoted(strings.Join(letter("es", es[2:]), "\n")), "", ""},
		{"three words for three questions", "sí, no, no\n\n" + gmailIntro + quoted(strings.Join(letter("es", es[2:]), "\n")), "", "blocks=true others=false citizens=false"},
		{"one box, and a stop", qa + " No [x] Sí.", "", "blocks=true"},
		{"boxes behind, and a stop", qa + " No [ ] Sí [x].", "", "blocks=true"},
		{"a choice and what it is not", es[1] + "portales, no contabilidad", "", "portales"},
		{"two choices and a comma", es[0] + "incidencia, petición", "", "twice[0]"},
		{"too few words for the questions", "incidencia, sí, no, no\n\n" + q, "", ""},
		{"yes to all, but the form is filled in", "Sí a todo\n\n" + strings.Replace(q, "[ ] No", "[x] No", 1), "", "blocks=false"},
		{"yes to all, and there is no form", "Sí a todo", "", ""},
	} {
		text := tt.text
		if text == "" {
			text = FromHTML(tt.html)
		}
		if got := ReadForm(text, tt.html, known).String(); got != tt.want {
			t.Errorf("%s: got %s, want %s\n%s%s", tt.name, got, tt.want, tt.text, tt.html)
		}
	}
}

// What only looks like a form says nothing, not even where it answers one.
func TestLookalikesOfTheForm(t *testing.T) {
	q := "\n\n" + gmailIntro + quoted(strings.Join(letter("es", forms["es"]), "\n"))
	for _, words := range []string{
		"Asunto: Tipo: incidencia Categoría: portales", "El error dice: impide trabajar: sí", "Impide trabajar: en parte", "Categoría: portales o contabilidad", "Es petición, no incidencia.", "Sí, no va",
		"El tipo de incidencia es de red. Categoría: no sé.", "Tipo de contrato: petición de oferta", "La categoría del trabajador es A1.",
		"Sí, lo he hecho todo.", "Sí a la reunión del lunes", "Sí, a todos les pasa lo mismo con la web", "No a todo el mundo le gusta", "No puedo responder a todo",
		"Sí, a todo el mundo le va lento", "Sí a todo lo que me dijo por teléfono", "No, a todos no", "Yes to all your questions from last week: see attached",
		"Tipo: HP LaserJet Categoría: impresoras", "Tipo: urgente Categoría: la de siempre", "Categoría: A2 Tipo: funcionario",
		"1. Sí\n2. No\n3. No sé", "1. incidencia de hoy\n2. portales de la web", "Me impide realizar mi trabajo desde ayer, ayuda",
		"¿Le impide realizar su trabajo? ¿A quién se lo pregunto?", "No me impide nada", "Afecta a más usuarios: ¿cuántos?",
		"La pregunta ¿Afecta el servicio al ciudadano? no la entiendo", "En \"Tipo (incidencia / petición)\" ¿qué pongo?", "¿Qué pongo en Tipo (incidencia / petición)?", "¿Qué pongo en categoría?",
		"Tipo (incidencia / petición): ¿qué es esto?", "Categoría (contabilidad / portales / …): ¿cuál?", "Categoría (contabilidad / portales / …): ¿contabilidad o portales?",
		"¿Le impide realizar su trabajo? [ ] No [ ] Sí\n\nNo sé qué poner aquí", "Tipo:\nCategoría:\n", "Tipo: \n\nincidencia de la impresora que no va desde el lunes pasado",
		"Type: application/pdf", "Content-Type: text/plain", "Category: Announcements\nType: Newsletter", "Tipo de IVA: 21\nCategoría: servicios",
		"Tipo de documento: solicitud\nNúmero: 12", "Tipo IVA - 21", "Tipo - A", "Tipo incidencia 7 del catálogo", "No hay ninguna incidencia en portales",
		"Impide trabajo", "Afecta al ciudadano", "Afecta a más usuarios, a mí no", "Si no, dígame", "Si a todos les pasa, avise", "#categoria contabilidad\n#tipo petición\n#prioridad P1", "#tipo: petición", "Sí", "No", "Sí, gracias", "No, gracias.", "Vale, a todo que sí", "ok",
		"Incidencia resuelta, gracias", "Es una petición de Contabilidad", "Contabilidad dice que no", "Le impide realizar su trabajo a mi compañera", "¿Le impide realizar su trabajo? Depende",
		"¿Le impide realizar su trabajo? A veces", "¿Le impide realizar su trabajo? No siempre", "¿Le impide realizar su trabajo? Sí y no", "¿Le impide realizar su trabajo? Ni sí ni no", "¿Le impide realizar su trabajo? No sé, creo que sí",
		"¿Le impide realizar su trabajo? No tengo ni idea", "¿Afecta a más usuarios de su servicio? No sé si a alguien más", "¿Afecta el servicio al ciudadano? Sí o no, da igual", "¿Afecta el servicio al ciudadano? Si se cae sí",
	} {
		for _, text := range []string{words, words + q, "Hola:\n\n" + words + "\n\nUn saludo\nMaria" + q} {
			if f := ReadForm(text, "", known); !f.Empty() {
				t.Errorf("%q: got %s", text, f)
			}
		}
	}
}
