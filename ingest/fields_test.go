package ingest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Dates as programs write them that do not keep to RFC 5322.
func TestDatesInTheWild(t *testing.T) {
	for value, want := range map[string]string{
		"dimarts, 7 d'abril de 2026 11:02:03 +0200":                          "2026-04-07T11:02:03+02:00",
		"lunes, 5 de enero del 2026 11:02":                                   "2026-01-05T11:02:00Z",
		"Mon Jan  5 11:02:03 CET 2026":                                       "2026-01-05T11:02:03+01:00",
		"Mon, 5 Jan 2026 11:02:03 UTC+1":                                     "2026-01-05T11:02:03+01:00",
		"Mon, 5 Jan 2026 11:02:03 GMT-5":                                     "2026-01-05T11:02:03-05:00",
		"Mon Jan 05 2026 11:02:03 GMT+0100 (Central European Standard Time)": "2026-01-05T11:02:03+01:00",
		"5 Jan 26 11:02 +0100":                                               "2026-01-05T11:02:00+01:00",
		"=?utf-8?Q?s=C3=A1b=2C?= 10 ene 2026 11:02:03 +0100":                 "2026-01-10T11:02:03+01:00",
		"5 de enero de 2026, 9:02:03\u202fp.\u00a0m. CET":                    "2026-01-05T21:02:03+01:00",
		"2026-01-05t11:02:03z":                                               "2026-01-05T11:02:03Z",
		"1/5/2026 1:02:03 PM":                                                "",
		"Mon, 30 Feb 2026 11:02:03 +0100":                                    "",
	} {
		got := ""
		if d := dateOf(value); d != nil {
			got = *d
		}
		if got != want {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
}

// Addresses as people and programs write them that do not keep to RFC 5322.
func TestAddressesInTheWild(t *testing.T) {
	for value, want := range map[string][]Address{
		"a@x.example b@y.example":                           {{"", "a@x.example"}, {"", "b@y.example"}},
		"Ana a@x.example Pep Pla b@y.example":               {{"Ana", "a@x.example"}, {"Pep Pla", "b@y.example"}},
		"a@x.example Ana Gil":                               {{"Ana Gil", "a@x.example"}},
		"Ana Gil [mailto:a@x.example]":                      {{"Ana Gil", "a@x.example"}},
		"Grupo: mailto:a@x.example;":                        {{"", "a@x.example"}},
		`"ana gil"@x.example`:                               {{"", `"ana gil"@x.example`}},
		`"ana gil"@x.example, b@y.example`:                  {{"", `"ana gil"@x.example`}, {"", "b@y.example"}},
		"=?utf-8?Q?N=C3=BA=C3=B1ez,_Ana?= <a@x.example>":    {{"Núñez, Ana", "a@x.example"}},
		"=?utf-8?Q?Ana_=3Cz=40z.example=3E?= <a@x.example>": {{"Ana <z@z.example>", "a@x.example"}},
		"=?utf-8?Q?Ana_N=C3=BA=C3=B1ez <a@x.example>":       {{"Ana Núñez", "a@x.example"}},
		"=?utf-8?Q?z@z.example,?= <a@x.example>":            {{"", "z@z.example"}, {"", "a@x.example"}},
	} {
		got, _ := addressesIn(value, "")
		if value == "=?utf-8?Q?z@z.example,?= <a@x.example>" {
			// Nobody agrees how to read it; it only must not be read as one address.
			if m := parse(t, "From: "+value+"\n\nhola\n"); m.FromExact || len(got) < 2 {
				t.Errorf("%s: %+v, exact %v", value, got, m.FromExact)
			}
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", value, diff)
		}
	}
}

func TestEncodedWordsInTheWild(t *testing.T) {
	for value, want := range map[string]string{
		"=?utf-8?Q?ma=C3=B1ana":                              "mañana",
		"=?utf-8?B?bWHDsWFuYQ":                               "mañana",
		"=?utf-8?B?bWHDsWFuYQ=3D=3D?=":                       "mañana",
		"=?utf-8?Q?La_ma=C3=B1ana?= =?utf-8?Q?_del_d=C3=ADa": "La mañana del día",
		"=?utf-8?Q?sin nada codificado":                      "=?utf-8?Q?sin nada codificado",
		"¿Qué es =?utf-8?":                                   "¿Qué es =?utf-8?",
		"=?utf-8?B?bWHD?= =?UTF8?B?sWFuYQ==?=":               "mañana",
		"=?UTF-8?B?bWHD?= =?UTF-8?Q?=B1ana?=":                "mañana",
		"=?iso-8859-1*es?q?ma=f1ana?=":                       "mañana",
		"=?utf-8?q?=C3=A1?= y =?utf-8?q?=C3=A9?=":            "á y é",
		strings.Repeat("=?utf-8?q?=C3=A1?= ", 3) + "x":       "ááá x",
	} {
		if got := decodeWordsIn(value, ""); got != want {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
}

// Of a long thread the last ids count: they say what is answered.
func TestManyReferences(t *testing.T) {
	m := parse(t, headerOfAll+"References:"+strings.Repeat(" <old@x.example>", 150)+" <last@x.example>\n\nhola\n")
	if n := len(m.References); n != maxIDs || m.References[n-1] != "last@x.example" {
		t.Errorf("%d, the last of them %s", n, m.References[n-1])
	}
}
