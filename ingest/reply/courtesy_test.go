package reply

import "testing"

func TestCourtesy(t *testing.T) {
	for _, text := range []string{
		"Gracias", "gracias.", "Muchas gracias", "¡Muchas gracias!", "Mil gracias", "Gracias, un saludo", "Gracias por todo", "Muchas gracias por su ayuda.",
		"Perfecto, gracias", "Perfecto, muchas gracias. Un saludo.", "Ok, gracias", "Vale, gracias", "Ya está solucionado, gracias", "Ya funciona. Muchas gracias.",
		"Buenos días:\n\nMuchas gracias por su rapidez.\n\nUn saludo,\nMaría Peris", "Buenos días, Ana:\n\nGracias.\n\nSaludos", "Recibido, gracias.", "Todo perfecto. Gracias de nuevo.",
		"Gracias\n\nMaría José Llopis\n", "Gracias\n\nRosa de la Torre", "Genial, muchísimas gracias", "Resuelto. Gracias y un saludo.", "Muy amable, gracias",
		"Gràcies", "Moltes gràcies", "Moltes gràcies per tot", "Perfecte, moltes gràcies. Salutacions", "Ja funciona. Moltes gràcies!", "Bon dia:\n\nMoltes gràcies per l'ajuda.\n\nSalutacions,\nVicent",
		"Ja està solucionat, gràcies", "Rebut, gràcies", "Moltíssimes gràcies per la seua atenció", "Bon dia, Pere:\n\nResolt. Gràcies.\n\nUna abraçada",
		"Thanks", "Thank you", "Thank you very much", "Thanks a lot!", "Ok thanks", "Perfect, thank you.\n\nBest regards,\nJohn", "It works now, thanks", "Good morning,\n\nMany thanks for your quick help.\n\nRegards,\nMary", "Solved, thanks again",
		"Solucionado", "OK", "GRACIAS", "Gracias, Ana", "Hola Ana, gracias", "Gràcies, Pere", "Thanks, Ann!", "Gracias otra vez", "ok thanks", "moltes gràcies", "perfecto, solucionado, gracias", "gracias, un saludo", "👍 Gracias",
		"Perfecte\n\nEmpar Soler i Vives",
	} {
		if !Courtesy(text) {
			t.Errorf("only thanks: %q", text)
		}
	}
	for _, text := range []string{
		"", "Hola", "Un saludo", "María", "Gracias, pero sigue sin ir", "Gracias, ¿y lo otro?", "Gracias. ¿Cuándo vendrán", "Muchas gracias. Por cierto, la impresora tampoco imprime.",
		"Gracias, aunque falta el informe", "Ya funciona, pero muy lento. Gracias.", "No funciona. Gracias.", "Sigue igual, gracias", "Gracias, mándenme el manual", "Gracias\n\nLa impresora falla otra vez",
		"Gracias por todo, y además necesito otra cuenta", "Perfecto, entonces el lunes llamo", "Ok, reinicio y les digo", "Gracias. Mi teléfono es el 961234567", "Gracias, escríbanme a maria@alfafar.example",
		"Gràcies, però continua igual", "Moltes gràcies. I l'altra incidència?", "Gràcies, encara no puc entrar", "Ja va, però lentament. Gràcies", "No va. Gràcies", "Gràcies\n\nAra falla el padró",
		"Thanks, but it still fails", "Thank you. Could you also check the printer", "Thanks, not yet", "It does not work. Thanks", "Thanks\n\nThe printer fails now", "Ok I will try tomorrow",
		"Gracias\n\nUrgente", "Gracias. Urgente", "Gracias\nFalla", "Gràcies\nUrgent", "Thanks\nStill Broken", "GRACIAS\nVA LENTO", "GRACIAS\nIMPRESORA", "Gracias\nMañana Vuelvo", "Perfecto\nMenos Contabilidad",
		"Gracias. Llámenme", "Gracias\n\nAvísame", "Gracias. Díganos", "Gracias por adelantado", "Gracias de antemano", "Gràcies per avançat", "Thanks in advance", "Ya está otra vez, gracias", "Funciona todo menos el padrón, gracias", "Ya no funciona, gracias", "Gracias\n\nEspero", "Sin respuesta, gracias",
		"Gracias\n\nAhora no imprime", "Gracias. Nada.", "Muchas gracias, cierren la otra también",
	} {
		if Courtesy(text) {
			t.Errorf("more than thanks: %q", text)
		}
	}
}
