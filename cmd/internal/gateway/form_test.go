package gateway

import (
	"strings"
	"testing"

	"respon/ingest/reply"
	"respon/templates"
)

// The lines that letters are made of are those that the intake reads.
func TestFormIsReadAsItIsWritten(t *testing.T) {
	set, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	names := reply.Names{Categories: []reply.Named{{ID: "conta", Names: []string{"Contabilidad"}}}}
	for _, locale := range templates.Locales {
		empty := []string{set.Text(locale, "form.type"), set.Text(locale, "form.category", "contabilidad / …"),
			set.Text(locale, "form.blocks_work"), set.Text(locale, "form.affects_others"), set.Text(locale, "form.affects_citizens")}
		if f := reply.ReadForm(strings.Join(empty, "\n"), "", names); !f.Empty() || f.Rest != "" {
			t.Errorf("%s, empty: %+v", locale, f)
		}
		filled := []string{empty[0] + set.Text(locale, "type.request"), empty[1] + "Contabilidad",
			strings.Replace(empty[2], "[ ] No", "[x] No", 1), strings.Replace(empty[3], "No [ ]", "No [x]", 1), strings.Replace(empty[4], "No [ ]", "No [x]", 1)}
		f := reply.ReadForm(strings.Join(filled, "\n"), "", names)
		if f.Type != "request" || f.Category != "conta" || f.BlocksWork == nil || *f.BlocksWork ||
			f.AffectsOthers == nil || !*f.AffectsOthers || f.AffectsCitizens == nil || !*f.AffectsCitizens || f.Rest != "" {
			t.Errorf("%s, filled in: %+v\n%s", locale, f, strings.Join(filled, "\n"))
		}
	}
}
