package tickets

import (
	"strings"
	"testing"
)

func TestLikelyCategories(t *testing.T) {
	c := &Catalogue{Categories: []Category{
		{ID: "contabilidad", Names: map[Locale]string{Spanish: "Contabilidad", Valencian: "Comptabilitat"}, Aliases: []string{"sicalwin", "conta"}},
		{ID: "portales", Names: map[Locale]string{Spanish: "Portales", Valencian: "Portals"}},
		{ID: "padron", Names: map[Locale]string{Spanish: "Padrón de habitantes", Valencian: "Padró d'habitants"}, Aliases: []string{"padró"}},
		{ID: "ipobles"},
	}}
	for _, tt := range []struct{ text, before, want string }{
		{"No va", "", "contabilidad portales padron ipobles"},
		{"El PADRÓN de habitantes no va", "", "padron contabilidad portales ipobles"},
		{"Error en SicalWin, ¿o en iPobles?", "", "contabilidad ipobles portales padron"},
		{"iPobles i el padró", "", "ipobles padron contabilidad portales"},
		{"El padró d’habitants", "", "padron contabilidad portales ipobles"},
		{"contabilidades y portalesvarios", "", "contabilidad portales padron ipobles"},
		{"No va", "ipobles padron padron gone gone gone", "padron ipobles contabilidad portales"},
		{"Els portals no van", "padron ipobles", "portales padron ipobles contabilidad"},
	} {
		if got := strings.Join(c.Likely(tt.text, strings.Fields(tt.before)), " "); got != tt.want {
			t.Errorf("%s, before %s: %s, want %s", tt.text, tt.before, got, tt.want)
		}
	}
}
