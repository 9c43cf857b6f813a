package config

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// document is a TOML file while it is being read, with the environment that
// overrides it and the problems found so far.
type document struct {
	file     string // as it is shown
	dir      string // that relative paths start from
	values   map[string]any
	lines    map[string]int // by key path: "mailbox[0].port"
	env      map[string]string
	problems Problems
	warnings Problems
	inline   []string        // keys of secrets that stand in the file itself
	known    []string        // tables that may stand in it
	asked    map[string]bool // variables of the environment that exist
}

// newDocument parses a file. Syntax is judged by the decoder; the lines of its
// keys are found with the parser beneath, since the decoder keeps only that of
// the first mistake, and operators shall see all.
func newDocument(file, dir string, data []byte, environ []string) (*document, error) {
	// Windows' editors like to begin a file with a byte order mark.
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	d := &document{file: file, dir: dir, env: environment(environ), asked: map[string]bool{}}
	if err := toml.Unmarshal(data, &d.values); err != nil {
		return nil, d.syntax(err)
	}
	d.lines = lines(data)
	return d, nil
}

func (d *document) syntax(err error) error {
	p := Problem{Place: Place{File: d.file}, Text: err.Error()}
	var de *toml.DecodeError
	if errors.As(err, &de) {
		p.Place.Line, _ = de.Position()
		p.Key = strings.Join(de.Key(), ".")
		p.Text = strings.TrimPrefix(de.Error(), "toml: ")
	}
	if strings.Contains(p.Text, "at start of value") {
		p.Text += `; texts stand in quotes, as in name = "value"`
	}
	return Problems{p}
}

// environment picks the variables that are ours. An empty one counts as not
// set: that is what compose files make of a variable nobody has given.
func environment(environ []string) map[string]string {
	env := make(map[string]string)
	for _, e := range environ {
		if name, value, ok := strings.Cut(e, "="); ok && value != "" && strings.HasPrefix(name, "RESPON_") {
			env[name] = value
		}
	}
	return env
}

// lines finds the line of each key, table and element of an array.
func lines(data []byte) map[string]int {
	w := lineWalker{data: data, lines: map[string]int{}, count: map[string]int{}}
	w.Reset(data)
	prefix := ""
	for w.NextExpression() {
		switch n := w.Expression(); n.Kind {
		case unstable.Table, unstable.ArrayTable:
			prefix = w.table(n)
		case unstable.KeyValue:
			w.keyValue(prefix, n)
		}
	}
	return w.lines
}

type lineWalker struct {
	unstable.Parser
	data  []byte
	lines map[string]int
	count map[string]int // elements of arrays of tables so far

	offset, line int // where line was last counted to
}

// at gives the line of a byte. Nodes come in order, so that counting can go on
// from the last one.
func (w *lineWalker) at(offset uint32) int {
	o := min(int(offset), len(w.data))
	if o < w.offset {
		w.offset, w.line = 0, 0
	}
	w.line += bytes.Count(w.data[w.offset:o], []byte("\n"))
	w.offset = o
	return w.line + 1
}

// table notes a header and returns the path that keys below it begin with.
func (w *lineWalker) table(n *unstable.Node) string {
	path := ""
	for it := n.Key(); it.Next(); {
		path = join(path, string(it.Node().Data))
		if _, seen := w.lines[path]; !seen {
			w.lines[path] = w.at(it.Node().Raw.Offset)
		}
		if it.IsLast() && n.Kind == unstable.ArrayTable {
			w.count[path]++
			element := fmt.Sprintf("%s[%d]", path, w.count[path]-1)
			w.lines[element] = w.at(it.Node().Raw.Offset)
			path = element
		} else if c := w.count[path]; c > 0 {
			path = fmt.Sprintf("%s[%d]", path, c-1) // [mailbox.oauth2] is the last mailbox's
		}
	}
	return path
}

func (w *lineWalker) keyValue(prefix string, n *unstable.Node) {
	path := prefix
	for it := n.Key(); it.Next(); {
		path = join(path, string(it.Node().Data))
		w.lines[path] = w.at(it.Node().Raw.Offset)
	}
	w.value(path, n.Value())
}

func (w *lineWalker) value(path string, n *unstable.Node) {
	switch n.Kind {
	case unstable.InlineTable:
		for it := n.Children(); it.Next(); {
			if it.Node().Kind == unstable.KeyValue {
				w.keyValue(path, it.Node())
			}
		}
	case unstable.Array:
		i := 0
		for it := n.Children(); it.Next(); i++ {
			element := fmt.Sprintf("%s[%d]", path, i)
			if o := it.Node().Raw.Offset; o > 0 { // arrays in arrays have none
				w.lines[element] = w.at(o)
			}
			w.value(element, it.Node())
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// table opens a table of the document; one that is missing is empty.
func (d *document) table(name string) *table {
	d.known = append(d.known, name)
	t := &table{doc: d, path: name, shown: name, env: "RESPON_" + strings.ToUpper(name) + "_"}
	t.open(d.values[name])
	return t
}

// tables opens a list of tables, as [[mailbox]] is.
func (d *document) tables(name string) []*table {
	d.known = append(d.known, name)
	value, ok := d.values[name]
	if !ok {
		return nil
	}
	list, ok := value.([]any)
	if !ok {
		d.fail(d.place(name), name, "is a list; write [[%s]], in double brackets", name)
		return nil
	}
	var ts []*table
	for i, v := range list {
		t := &table{doc: d, path: fmt.Sprintf("%s[%d]", name, i), shown: name}
		if len(list) > 1 {
			t.shown = fmt.Sprintf("%s[%d]", name, i+1) // people count from one
		}
		if t.open(v); t.there {
			ts = append(ts, t)
		}
	}
	return ts
}

// finish reports tables that do not exist, and variables of the environment
// that look like ours and are not.
func (d *document) finish() {
	for _, name := range slices.Sorted(maps.Keys(d.values)) {
		if !slices.Contains(d.known, name) {
			d.fail(d.place(name), printable(name), "%s", unknown("table", name, d.known))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.env)) {
		section, _, _ := strings.Cut(strings.TrimPrefix(name, "RESPON_"), "_")
		if !d.asked[name] && slices.Contains(d.known, strings.ToLower(section)) {
			d.warn(Place{Env: name}, "", "%s", unknown("variable", name, slices.Sorted(maps.Keys(d.asked))))
		}
	}
}

func (d *document) place(path string) Place { return Place{File: d.file, Line: d.lines[path]} }

func (d *document) fail(at Place, key, format string, args ...any) {
	d.problems = append(d.problems, Problem{at, key, fmt.Sprintf(format, args...)})
}

func (d *document) warn(at Place, key, format string, args ...any) {
	d.warnings = append(d.warnings, Problem{at, key, fmt.Sprintf(format, args...)})
}
