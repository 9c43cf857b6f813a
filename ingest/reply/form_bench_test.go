package reply

import "testing"

// An ordinary mail that holds no form, and an answer that quotes an empty one.
func BenchmarkReadForm(b *testing.B) {
	names := Names{
		Categories: []Named{{ID: "conta", Names: []string{"Contabilidad", "Comptabilitat", "sicalwin"}}, {ID: "portales", Names: []string{"Portales", "Portals"}}},
		Addresses:  []string{"batlia@dival.example"}, Gateway: "Batlia",
	}
	words := "Bon dia:\n\nLa impressora de l'entrada no imprimix des de dilluns, i ho hem provat tot: apagar-la,\ncanviar el paper i reinstal·lar el controlador.\n\nGràcies,\nMaria\n"
	form := "\nEl lun, 5 ene 2026 a las 10:12, Batlia (<batlia@dival.example>) escribió:\n\n> Hem rebut el seu missatge BR-1.\n>\n> Tipus (incidència / petició): \n" +
		"> Categoria (comptabilitat / portals / …): \n> Li impedix fer la seua faena? [ ] No [ ] Sí\n> Afecta més usuaris del seu servici? [ ] No [ ] Sí\n> Afecta el servici al ciutadà? [ ] No [ ] Sí\n"
	for name, text := range map[string]string{"none": words, "empty": words + form} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				ReadForm(text, "", names)
			}
		})
	}
}
