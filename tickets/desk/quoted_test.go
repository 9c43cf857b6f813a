package desk_test

import (
	"strings"
	"testing"

	"respon/tickets"
	"respon/tickets/store"
)

// A technician answers between the lines of his notices. What the requester has
// read stays above each answer; what she may not know goes, whoever it is about.
func TestQuotedLinesThatMayBePassedOn(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.from("maria@alfafar.example", "No imprime.\nTampoco escanea desde el lunes por la mañana."))
		s.technician("ana@dival.example", "#nota\nLa garantía caducó.")
		internal := s.from("eve@evil.example", "Pague aquí.")
		internal.Internal = true
		if _, err := s.FollowUp(s.Context(), 1, internal); err != nil {
			s.Fatal(err)
		}
		s.technician("ana@dival.example", "> No imprime.\nReinicie la impresora.\n> Solicitante: Maria <maria@alfafar.example>\n>  Tampoco escanea\n> desde el lunes por la mañana.\n"+
			"Eso es de la red.\n> La garantía caducó.\n> > Pague aquí.\n>\nSaludos.")
		list := s.ticket(1).Messages
		got, want := list[len(list)-1].Reply, "> No imprime.\nReinicie la impresora.\n>  Tampoco escanea\n> desde el lunes por la mañana.\nEso es de la red.\n>\nSaludos."
		if got != want {
			s.Errorf("passed on:\n%s\nwant:\n%s", got, want)
		}
	})
}

// What was written before somebody was copied in is not passed on to her by a
// quotation either.
func TestQuotedLinesForWhomCameLater(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.from("maria@alfafar.example", "No imprime."))
		more := s.from("maria@alfafar.example", "Pongo en copia a Eva.")
		more.Copied = []tickets.Person{{Address: "eva@alfafar.example"}}
		if _, err := s.FollowUp(s.Context(), 1, more); err != nil {
			s.Fatal(err)
		}
		s.technician("ana@dival.example", "> No imprime.\n> Pongo en copia a Eva.\nDe acuerdo.")
		if err := s.Store.View(s.Context(), func(tx *store.Tx) error {
			list, err := tx.Outbox(s.Context(), true)
			if err != nil {
				return err
			}
			raw, err := tx.Raw(s.Context(), list[len(list)-1].RawSHA)
			if text := string(raw); strings.Contains(text, "imprime") || !strings.Contains(text, "> Pongo en copia a Eva.\nDe acuerdo.") {
				s.Errorf("passed on to both:\n%s", text)
			}
			return err
		}); err != nil {
			s.Fatal(err)
		}
	})
}
