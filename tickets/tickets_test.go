package tickets_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"respon/tickets"
)

func TestMatrix(t *testing.T) {
	const h, m, l = tickets.High, tickets.Medium, tickets.Low
	for _, tt := range []struct {
		impact, urgency tickets.Level
		want            tickets.Priority
	}{
		{h, h, "P1"},
		{h, m, "P2"}, {m, h, "P2"},
		{h, l, "P3"}, {m, m, "P3"}, {l, h, "P3"},
		{m, l, "P4"}, {l, m, "P4"},
		{l, l, "P5"},
	} {
		if got := tickets.Matrix(tt.impact, tt.urgency); got != tt.want {
			t.Errorf("Matrix(%s, %s) = %s, want %s", tt.impact, tt.urgency, got, tt.want)
		}
	}
}

// The eight ways to answer the form, for both types.
func TestRate(t *testing.T) {
	for _, tt := range []struct {
		blocks, others, citizens bool
		incident, request        tickets.Priority
	}{
		{false, false, false, "P4", "P5"},
		{true, false, false, "P3", "P3"},
		{false, true, false, "P3", "P4"},
		{true, true, false, "P2", "P2"},
		{false, false, true, "P2", "P3"},
		{true, false, true, "P1", "P1"},
		{false, true, true, "P2", "P3"},
		{true, true, true, "P1", "P1"},
	} {
		a := tickets.Answers{BlocksWork: &tt.blocks, AffectsOthers: &tt.others, AffectsCitizens: &tt.citizens}
		if got := tickets.Matrix(tickets.Rate(tickets.Incident, "", a)); got != tt.incident {
			t.Errorf("incident %v: %s, want %s", tt, got, tt.incident)
		}
		if got := tickets.Matrix(tickets.Rate(tickets.Request, "", a)); got != tt.request {
			t.Errorf("request %v: %s, want %s", tt, got, tt.request)
		}
	}
}

func TestRateTag(t *testing.T) {
	no := false
	if impact, _ := tickets.Rate(tickets.Incident, tickets.High, tickets.Answers{}); impact != tickets.High {
		t.Errorf("a tag alone: impact %s, want high", impact)
	}
	if impact, _ := tickets.Rate(tickets.Incident, tickets.High, tickets.Answers{AffectsOthers: &no, AffectsCitizens: &no}); impact != tickets.Low {
		t.Errorf("answers given after the tag: impact %s, want low", impact)
	}
}

func TestParseCommands(t *testing.T) {
	type result struct {
		Verbs, Args []string
		Rest        string
		Problems    []tickets.CommandProblem
	}
	for _, tt := range []struct {
		name, in string
		want     result
	}{
		{"none", "Buenos días", result{Rest: "Buenos días"}},
		{"top", "#resolver\n\nYa está.", result{Verbs: []string{"resolve"}, Args: []string{""}, Rest: "Ya está."}},
		{"accents and case", "#CATEGORÍA Padrón\n#Reabrir", result{Verbs: []string{"category", "reopen"}, Args: []string{"Padrón", ""}}},
		{"Valencian", "\n#assignar pere\n#meua\nFet", result{Verbs: []string{"assign", "take"}, Args: []string{"pere", ""}, Rest: "Fet"}},
		{"last line", "Listo, ya puede entrar.\n\n#resuelta", result{Verbs: []string{"resolve"}, Args: []string{""}, Rest: "Listo, ya puede entrar."}},
		{"a phone's full stop", "#resuelto.", result{Verbs: []string{"resolve"}, Args: []string{""}}},
		{"an order number is words", "#4521 es el pedido", result{Rest: "#4521 es el pedido"}},
		{"a heading is words", "# Pasos\n1. Apagar", result{Rest: "# Pasos\n1. Apagar"}},
		{"in the middle it is words", "uno\n#nota\ndos", result{Rest: "uno\n#nota\ndos"}},
		{"twice is once", "#nota\n#nota\nx", result{Verbs: []string{"note"}, Args: []string{""}, Rest: "x"}},
		{"unknown", "#resolber\nhola", result{Rest: "hola", Problems: []tickets.CommandProblem{{Line: "#resolber", Why: tickets.ProblemUnknown, Nearest: "#resolver"}}}},
		{"argument missing", "#asignar", result{Problems: []tickets.CommandProblem{{Line: "#asignar", Why: tickets.ProblemArgument}}}},
		{"no such priority", "#prioridad P7", result{Problems: []tickets.CommandProblem{{Line: "#prioridad P7", Why: tickets.ProblemArgument}}}},
		{"priority as a digit", "#prioritat 2", result{Verbs: []string{"priority"}, Args: []string{"2"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmds, rest, problems := tickets.ParseCommands(tt.in)
			got := result{Rest: rest, Problems: problems}
			for _, c := range cmds {
				got.Verbs, got.Args = append(got.Verbs, string(c.Verb)), append(got.Args, c.Arg)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzParseCommands(f *testing.F) {
	f.Add("#resolver\n\nYa está.")
	f.Add("#sol·licitant a@b.example\n#prioritat P1\nhola\n#nota")
	f.Add("# \n#\n#ñ")
	f.Fuzz(func(t *testing.T, in string) {
		_, rest, _ := tickets.ParseCommands(in)
		if !strings.Contains(in, rest) {
			t.Errorf("words were changed: %q is not in %q", rest, in)
		}
		if utf8.ValidString(in) && !utf8.ValidString(rest) {
			t.Errorf("%q: invalid UTF-8 out", in)
		}
	})
}

func TestAssign(t *testing.T) {
	c := &tickets.Catalogue{
		Technicians: []tickets.Technician{{ID: "ana", Capacity: 20}, {ID: "pere", Capacity: 10}, {ID: "tot", Capacity: 5, Default: true}},
		Categories:  []tickets.Category{{ID: "conta", Technicians: []string{"ana", "pere"}}, {ID: "vacia"}},
	}
	for _, tt := range []struct {
		name, category string
		load           map[string]int
		want           string
	}{
		{"the smaller share of capacity", "conta", map[string]int{"ana": 3, "pere": 2}, "ana"},
		{"capacity counts, not the number", "conta", map[string]int{"ana": 10, "pere": 4}, "pere"},
		{"a tie goes to the first", "conta", nil, "ana"},
		{"unknown category", "", nil, "tot"},
		{"a category without technicians", "vacia", nil, "tot"},
	} {
		got, why := tickets.Assign(c, tt.load, &tickets.Ticket{Category: tt.category})
		if got != tt.want || why == "" {
			t.Errorf("%s: %q (%s), want %q with a reason", tt.name, got, why, tt.want)
		}
	}
}

func TestReopens(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	long := now.Add(-800 * time.Hour)
	short := now.Add(-time.Hour)
	for _, tt := range []struct {
		status tickets.Status
		closed *time.Time
		want   tickets.Status
		takes  bool
	}{
		{tickets.New, nil, tickets.New, true},
		{tickets.Open, nil, tickets.Open, true},
		{tickets.Waiting, nil, tickets.Open, true},
		{tickets.Resolved, nil, tickets.Open, true},
		{tickets.Closed, &short, tickets.Open, true},
		{tickets.Closed, &long, tickets.Closed, false},
	} {
		tk := &tickets.Ticket{Status: tt.status, ClosedAt: tt.closed}
		if got, takes := tk.Reopens(now, 720*time.Hour); got != tt.want || takes != tt.takes {
			t.Errorf("%s closed %v: %s %v, want %s %v", tt.status, tt.closed, got, takes, tt.want, tt.takes)
		}
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"  Categoría\t PADRÓN ": "categoria padron",
		"sol·licitant":          "sollicitant",
		"Peticio\u0301":         "peticio",
		"Ñandú ç":               "nandu c",
	} {
		if got := tickets.Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestAddressesOfOurs(t *testing.T) {
	c := &tickets.Catalogue{Gateway: tickets.Gateway{Address: "batlia@dival.example", Aliases: []string{"soporte@dival.example"}}}
	for in, want := range map[string]string{
		"Batlia@DIVAL.example":       "",
		"batlia+abc@dival.example":   "abc",
		"soporte+xyz@dival.example":  "xyz",
		"otra+abc@dival.example":     "-",
		"batlia+abc@dival.example.x": "-",
	} {
		got := "-"
		if c.Ours(in) {
			got = c.TokenIn(in)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func TestPlainAddress(t *testing.T) {
	for in, want := range map[string]bool{
		"maria@alfafar.example":                 true,
		"m.peris+x_1@sub.alfafar.example":       true,
		"núria@ajuntament-ñ.example":            true,
		"":                                      false,
		"maria":                                 false,
		"maria@":                                false,
		"@alfafar.example":                      false,
		"a..b@alfafar.example":                  false,
		"a b@alfafar.example":                   false,
		"a@b@c.example":                         false,
		`"eve@evil.example> ORCPT=x"@g.example`: false,
		"a@[127.0.0.1]":                         false,
		"a@b.example>\r\nRCPT TO:<c@d.example":  false,
		"a@b\u200b.example":                     false,
		strings.Repeat("a", 65) + "@b.example":  false,
	} {
		if got := tickets.PlainAddress(in); got != want {
			t.Errorf("PlainAddress(%q) = %v, want %v", in, got, want)
		}
	}
}
