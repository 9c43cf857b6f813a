package tickets_test

import (
	"slices"
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
		{"in the middle it is words", "uno\n#resolver\ndos", result{Rest: "uno\n#resolver\ndos"}},
		{"a note in the middle is one, too", "uno\n#nota\ndos", result{Verbs: []string{"note"}, Args: []string{""}, Rest: "uno\n#nota\ndos"}},
		{"with its words, too", "uno\n#nota: pere no quiere\ndos", result{Verbs: []string{"note"}, Args: []string{""}, Rest: "uno\n#nota: pere no quiere\ndos"}},
		{"words about notes are words", "uno\nla #nota\ndos", result{Rest: "uno\nla #nota\ndos"}},
		{"two on a line", "#resolver #nota\nno lo sabe", result{Verbs: []string{"resolve", "note"}, Args: []string{"", ""}, Rest: "no lo sabe"}},
		{"joined by a word", "#asignar pere y #prioridad P2, #nota", result{Verbs: []string{"assign", "priority", "note"}, Args: []string{"pere", "P2", ""}}},
		{"a note about a command", "#nota: no uses #resolver", result{Verbs: []string{"note"}, Args: []string{"no uses #resolver"}}},
		{"an argument with another #", "#asignar pere #4521", result{Verbs: []string{"assign"}, Args: []string{"pere #4521"}}},
		{"in bold letters", "**#resolver**\n_#nota_\nya", result{Verbs: []string{"resolve", "note"}, Args: []string{"", ""}, Rest: "ya"}},
		{"a note in bold letters", "#nota *urgente*", result{Verbs: []string{"note"}, Args: []string{"*urgente*"}}},
		{"letters that nobody sees", "\ufeff#reso\u00adlver\u200b", result{Verbs: []string{"resolve"}, Args: []string{""}}},
		{"words behind", "#resolver Ya va, pruebe.", result{Problems: []tickets.CommandProblem{{Line: "#resolver Ya va, pruebe.", Why: tickets.ProblemWords}}}},
		{"please", "#reabrir, por favor.", result{Verbs: []string{"reopen"}, Args: []string{"por favor."}}},
		{"twice is once", "#nota\n#nota\nx", result{Verbs: []string{"note"}, Args: []string{""}, Rest: "x"}},
		{"unknown", "#resolber\nhola", result{Rest: "hola", Problems: []tickets.CommandProblem{{Line: "#resolber", Why: tickets.ProblemUnknown, Nearest: "#resolver"}}}},
		{"argument missing", "#asignar", result{Problems: []tickets.CommandProblem{{Line: "#asignar", Why: tickets.ProblemArgument}}}},
		{"no such priority", "#prioridad P7", result{Problems: []tickets.CommandProblem{{Line: "#prioridad P7", Why: tickets.ProblemArgument}}}},
		{"too many", strings.Repeat("#nada\n", 30), result{Problems: append(slices.Repeat([]tickets.CommandProblem{{Line: "#nada", Why: tickets.ProblemUnknown, Nearest: "#nota"}}, 20),
			tickets.CommandProblem{Line: "#nada", Why: tickets.ProblemTooMany})}},
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
	f.Add("Ya va.\n#resolver #nota\nUn saludo,\nAna")
	f.Fuzz(func(t *testing.T, in string) {
		_, rest, _ := tickets.ParseCommands(in)
		// Commands are taken out from between words; what remains is as it was, in its order.
		lines := strings.Split(in, "\n")
		for word := range strings.SplitSeq(rest, "\n") {
			at := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, word) })
			if at < 0 {
				t.Fatalf("words were changed: %q of %q is not in %q", word, rest, in)
			}
			lines = lines[at+1:]
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
	yesterday := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	weights := func(ana, pere, tot int) map[string]tickets.Load {
		return map[string]tickets.Load{
			"ana": {Weight: ana, Last: yesterday}, "pere": {Weight: pere, Last: yesterday.Add(-time.Hour)}, "tot": {Weight: tot},
		}
	}
	for _, tt := range []struct {
		name, category string
		load           map[string]tickets.Load
		away           string
		want, why      string
	}{
		{"the smaller share of capacity", "conta", weights(3, 2, 0), "", "ana", "category conta; load ana 3/20, pere 2/10"},
		{"capacity counts, not the number", "conta", weights(10, 4, 0), "", "pere", "category conta; load ana 10/20, pere 4/10"},
		{"a tie goes to who was not chosen for longest", "conta", weights(4, 2, 0), "", "pere", "category conta; load ana 4/20, pere 2/10"},
		{"a tie of those who never were goes to the first", "conta", nil, "", "ana", "category conta; load ana 0/20, pere 0/10"},
		{"who is away is left out", "conta", weights(19, 0, 0), "pere", "ana", "category conta; load ana 19/20; away pere"},
		{"no room in the category", "conta", weights(20, 12, 0), "", "tot",
			"category conta: nobody has room; default technicians; load tot 0/5"},
		{"all of the category away", "conta", nil, "ana pere", "tot", "category conta: all are away; default technicians; load tot 0/5"},
		{"no room anywhere", "conta", weights(30, 11, 5), "", "pere",
			"category conta: nobody has room; default technicians: nobody has room; nobody has room; category conta; load ana 30/20, pere 11/10"},
		{"no room, and the category away", "conta", weights(0, 0, 9), "ana pere", "tot",
			"category conta: all are away; default technicians: nobody has room; nobody has room; default technicians; load tot 9/5"},
		{"nobody is there", "conta", nil, "ana pere tot", "",
			"nobody is free: category conta: all are away; default technicians: all are away"},
		{"unknown category", "", nil, "", "tot", "category unknown, default technicians; load tot 0/5"},
		{"a category without technicians", "vacia", nil, "", "tot", "category vacia has no technicians, default ones; load tot 0/5"},
	} {
		team := tickets.Team{Load: tt.load, Absent: map[string]tickets.Absence{}}
		for _, id := range strings.Fields(tt.away) {
			team.Absent[id] = tickets.Absence{}
		}
		got, why := tickets.Assign(c, team, &tickets.Ticket{Category: tt.category})
		if got != tt.want || why != tt.why {
			t.Errorf("%s: %q (%s), want %q (%s)", tt.name, got, why, tt.want, tt.why)
		}
	}
	for i := range c.Technicians {
		c.Technicians[i].Default = false
	}
	if got, why := tickets.Assign(c, tickets.Team{Load: weights(9, 9, 1)}, &tickets.Ticket{}); got != "tot" || !strings.Contains(why, "ana 9/20") {
		t.Errorf("without a default technician: %q (%s), want tot out of all", got, why)
	}
	if got, why := tickets.Assign(&tickets.Catalogue{}, tickets.Team{}, &tickets.Ticket{}); got != "" || why != "nobody is free: category unknown, default technicians: there are none" {
		t.Errorf("without technicians: %q (%s)", got, why)
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
