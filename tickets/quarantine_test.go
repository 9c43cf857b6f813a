package tickets

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseDecisions(t *testing.T) {
	for text, want := range map[string]string{
		"aceptar 3":                                 "+3",
		"aceptar 3,5\ndescartar 2":                  "+3 +5 -2",
		"Acceptar 3, 5 i 7.\n\nDescarta 2\nSalut":   "+3 +5 +7 -2",
		"#accept 1 2 3\n#discard 4; 5":              "+1 +2 +3 -4 -5",
		"aceptar 3\ndescartar 3":                    "-3",
		"ACEPTAR: 3 y 5":                            "+3 +5",
		"Buenos días:\naceptar 3":                   "",
		"aceptar":                                   "",
		"aceptar el 3":                              "",
		"aceptar 3 pero no el 5":                    "",
		"aceptar 99999999999999999999":              "",
		"aceptar " + strings.Repeat("1,", 40) + "1": "+1",
	} {
		var got []string
		for _, d := range ParseDecisions(text) {
			got = append(got, map[bool]string{false: "+", true: "-"}[d.Drop]+fmt.Sprint(d.ID))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %v, want %s", text, got, want)
		}
	}
}
