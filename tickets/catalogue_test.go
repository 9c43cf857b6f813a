package tickets

import "testing"

func TestRefusedFiles(t *testing.T) {
	c := &Catalogue{RefusedFiles: []string{"exe", "js"}}
	for name, want := range map[string]bool{
		"setup.exe": true, "SETUP.EXE": true, "setup.exe.": true, "setup.exe . ": true, "foto.jpg.exe": true, "a.JS": true, ".exe": true,
		"setup.exe.pdf": false, "exe": false, "informe.pdf": false, "": false, "datos.json": false,
	} {
		if got := c.RefusesFile(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
