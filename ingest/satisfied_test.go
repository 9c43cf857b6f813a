package ingest

import "testing"

func TestSatisfied(t *testing.T) {
	p := NewParser(Options{Prefix: "BR"})
	for _, tt := range []struct{ subject, body, want, rest string }{
		{"[BR-7] Satisfacción: Sí", "", "yes", ""},
		{"Satisfaccio: no", "", "no", ""},
		{"RE: [BR-7] Satisfaction: Yes", "Thanks!", "yes", "Thanks!"},
		{"[BR-7] SATISFACCIÓN: NO", "Tardaron mucho.\n\nUn saludo", "no", "Tardaron mucho.\n\nUn saludo"},
		{"Re: [BR-7] Padrón", "Satisfacción: sí.\n\nEl lun, 12 ene 2026 a las 9:00, Batlia <batlia@town.example> escribió:\n> Su consulta BR-7 está resuelta.\n> «Satisfacción: Sí» o «Satisfacción: No».", "yes", ""},
		{"Re: [BR-7] Padró", "Satisfacció:\u00a0No\nVa tardar una setmana.", "no", "Va tardar una setmana."},
		{"Re: [BR-7] Padrón", "No va.\nSatisfacción: no", "", ""},
		{"Re: [BR-7] Padrón", "Satisfacción: sí, mucha, pero no va", "", ""},
		{"Encuesta de satisfacción: sí o no", "x", "", ""},
		{"Re: [BR-7] Padrón", "El lun, 12 ene 2026 a las 9:00, Batlia <batlia@town.example> escribió:\n> Satisfacción: sí", "", ""},
	} {
		m, err := p.Parse([]byte("From: maria@alfafar.example\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nSubject: " + tt.subject + "\n\n" + tt.body + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		content, rest := satisfied(m)
		got := ""
		if content != nil {
			got = map[bool]string{true: "yes", false: "no"}[*content]
		}
		if got != tt.want || got != "" && rest != tt.rest {
			t.Errorf("%s / %s: %q, rest %q; want %q, %q", tt.subject, tt.body, got, rest, tt.want, tt.rest)
		}
	}
	m, err := p.Parse([]byte("From: maria@alfafar.example\nAuto-Submitted: auto-replied\nSubject: [BR-7] Satisfaction: yes\n\n"))
	if err != nil {
		t.Fatal(err)
	}
	if content, _ := satisfied(m); content != nil {
		t.Error("a robot is content")
	}
}
