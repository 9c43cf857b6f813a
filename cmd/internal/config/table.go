package config

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// table is one table of the document. Its methods take values out of it, note
// what is wrong with them, and remember which keys exist, for close.
type table struct {
	doc    *document
	path   string // "mailbox[0]", as in document.lines
	shown  string // "mailbox", or "mailbox[1]" if there are several
	env    string // what its variables begin with; "" in a list of tables
	values map[string]any
	there  bool
	wrong  bool // something else stands in its place, which is reported
	known  []string
}

// open takes the value that stands where the table belongs.
func (t *table) open(value any) {
	t.values, t.there = value.(map[string]any)
	if t.wrong = !t.there && value != nil; !t.wrong {
		return
	}
	text := "is a table; write { key = value }"
	if !strings.Contains(t.path, ".") {
		text = "is a table; write [" + t.shown + "], and its keys below"
	}
	if _, list := value.([]any); list {
		text = "is one table; write [" + t.shown + "], in single brackets"
	}
	t.doc.fail(t.doc.place(t.path), t.shown, "%s", text)
}

// sub opens a table within this one.
func (t *table) sub(key string) *table {
	t.known = append(t.known, key)
	s := &table{doc: t.doc, path: join(t.path, key), shown: join(t.shown, key)}
	if t.env != "" {
		s.env = t.env + strings.ToUpper(key) + "_"
	}
	s.open(t.values[key])
	return s
}

// close reports the keys that nobody asked for.
func (t *table) close() {
	for _, key := range slices.Sorted(maps.Keys(t.values)) {
		if !slices.Contains(t.known, key) {
			t.doc.fail(t.doc.place(join(t.path, key)), join(t.shown, printable(key)), "%s", unknown("key", key, t.known))
		}
	}
}

// variable is the name of a key in the environment, "" if it has none.
func (t *table) variable(key string) string {
	if t.env == "" {
		return ""
	}
	name := t.env + strings.ToUpper(key)
	t.doc.asked[name] = true
	return name
}

// get finds a value: in the environment a string, else what stands in the file.
func (t *table) get(key string) (value any, ok bool) {
	if !slices.Contains(t.known, key) {
		t.known = append(t.known, key)
	}
	if name := t.variable(key); name != "" {
		if v, ok := t.doc.env[name]; ok {
			return v, true
		}
	}
	value, ok = t.values[key]
	return value, ok
}

// place of a key: where its value stands or, if it has none, its table begins.
func (t *table) place(key string) Place {
	if name := t.variable(key); name != "" && t.doc.env[name] != "" {
		return Place{Env: name}
	}
	for path := join(t.path, key); path != ""; path = path[:max(strings.LastIndexByte(path, '.'), 0)] {
		if p := t.doc.place(path); p.Line > 0 {
			return p
		}
	}
	return Place{File: t.doc.file}
}

// lacks reports whether a list has no elements, not even wrong ones.
func (t *table) lacks(key string) bool {
	value, ok := t.get(key)
	list, isList := value.([]any)
	return !ok || isList && len(list) == 0
}

func (t *table) fromEnv(key string) bool { return t.place(key).Env != "" }

func (t *table) fail(key, format string, args ...any) {
	t.doc.fail(t.place(key), join(t.shown, key), format, args...)
}

func (t *table) warn(key, format string, args ...any) {
	t.doc.warn(t.place(key), join(t.shown, key), format, args...)
}

// parsed takes a value written as text. parse says what is wrong with it and
// what would be right.
func parsed[T any](t *table, key string, fallback T, parse func(string) (T, error)) T {
	value, ok := t.get(key)
	if !ok {
		return fallback
	}
	got, err := parseText(value, parse)
	if err != nil {
		t.fail(key, "%s", err)
		return fallback
	}
	return got
}

// required is parsed for a key that must be there; example says with what.
func required[T any](t *table, key, example string, parse func(string) (T, error)) T {
	var none T
	if value, ok := t.get(key); t.wrong {
		return none
	} else if !ok || value == "" {
		t.fail(key, "missing; write %s", example)
		return none
	}
	return parsed(t, key, none, parse)
}

func parseText[T any](value any, parse func(string) (T, error)) (T, error) {
	text, isText := value.(string)
	if !isText {
		text = show(value)
	}
	if err := checkText(text); err != nil {
		var none T
		return none, err
	}
	got, err := parse(text)
	if err == nil && !isText {
		err = fmt.Errorf("write it in quotes: %q", text)
	}
	return got, err
}

// checkText refuses what must never get into a header or a log.
func checkText(s string) error {
	if strings.ContainsFunc(s, unicode.IsControl) || !utf8.ValidString(s) {
		return fmt.Errorf("%+q holds a control character; write it as plain text on one line", cut(s))
	}
	return nil
}

// list takes an array of texts; in the environment they stand between commas.
func list[T any](t *table, key string, fallback []T, parse func(string) (T, error)) []T {
	value, ok := t.get(key)
	if !ok {
		return fallback
	}
	var values []any
	switch v := value.(type) {
	case []any:
		values = v
	case string:
		if !t.fromEnv(key) {
			t.fail(key, "is a list; write [%q]", cut(v))
			return fallback
		}
		for text := range strings.SplitSeq(v, ",") {
			values = append(values, strings.TrimSpace(text))
		}
	default:
		t.fail(key, "%s is no list; write it in brackets", show(v))
		return fallback
	}
	got := make([]T, 0, len(values))
	for i, v := range values {
		x, err := parseText(v, parse)
		if err != nil {
			t.failElement(key, i, "%s", err)
			continue
		}
		got = append(got, x)
	}
	return got
}

// failElement points at one element of a list, which may span lines.
func (t *table) failElement(key string, i int, format string, args ...any) {
	at := t.place(key)
	if p := t.doc.place(fmt.Sprintf("%s[%d]", join(t.path, key), i)); at.Env == "" && p.Line > 0 {
		at = p
	}
	t.doc.fail(at, join(t.shown, key), format, args...)
}

// text takes a text as it is.
func (t *table) text(key, fallback string) string {
	return parsed(t, key, fallback, anyText)
}

func anyText(s string) (string, error) { return s, nil }

// integer takes a number in a range; hint names numbers that would be right.
func (t *table) integer(key string, fallback, lowest, highest int, hint string) int {
	value, ok := t.get(key)
	if !ok {
		return fallback
	}
	var n int64
	switch v := value.(type) {
	case int64:
		n = v
	case string:
		var err error
		n, err = strconv.ParseInt(v, 10, 64)
		if err != nil {
			t.fail(key, "%q is no number; %s?", cut(v), hint)
			return fallback
		}
		if !t.fromEnv(key) {
			t.fail(key, "%q is a text; write %d without quotes", v, n)
			return fallback
		}
	default:
		t.fail(key, "%s is no whole number; %s?", show(v), hint)
		return fallback
	}
	if n < int64(lowest) || n > int64(highest) {
		t.fail(key, "%d is not between %d and %d; %s?", n, lowest, highest, hint)
		return fallback
	}
	return int(n)
}

// flag takes true or false.
func (t *table) flag(key string, fallback bool) bool {
	value, ok := t.get(key)
	if !ok {
		return fallback
	}
	if b, ok := value.(bool); ok {
		return b
	}
	if s, ok := value.(string); ok && t.fromEnv(key) && (s == "true" || s == "false") {
		return s == "true"
	}
	t.fail(key, "%s is neither true nor false; write one of them, without quotes", show(value))
	return fallback
}

// file takes a path, seen from the file's folder.
func (t *table) file(key, fallback string) string {
	return t.doc.resolve(t.text(key, fallback))
}

func (d *document) resolve(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(d.dir, path)
}

// secret takes a secret that stands under its key or in the file that the
// key's twin names; the environment goes before the file.
func (t *table) secret(key string) Secret {
	twin := key + "_file"
	value, hasValue := t.get(key)
	path, hasPath := t.get(twin)
	hasValue, hasPath = hasValue && value != "", hasPath && path != ""
	if hasValue && hasPath && t.fromEnv(key) == t.fromEnv(twin) {
		t.fail(twin, "%s is set too; keep one of them", key)
		return ""
	}
	if hasValue && (t.fromEnv(key) || !t.fromEnv(twin) || !hasPath) {
		return t.inline(key, value)
	}
	if !hasPath {
		return ""
	}
	name := t.file(twin, "")
	if name == "" {
		return "" // said already
	}
	text, loose, err := readSecret(name)
	if err != nil {
		t.fail(twin, "%s", err)
	}
	if loose {
		t.warn(twin, "%s is readable by others; chmod 600 %s", cut(name), cut(name))
	}
	return text
}

func (t *table) inline(key string, value any) Secret {
	s, ok := value.(string)
	if !ok {
		t.fail(key, "write it in quotes")
	} else if strings.ContainsAny(s, "\r\n\x00") {
		t.fail(key, "holds a line break; write it on one line")
	}
	if !t.fromEnv(key) {
		t.doc.inline = append(t.doc.inline, key)
	}
	return Secret(s)
}

// readSecret reads a file with one secret in it. Only plain files are read: a
// device or a pipe might never end.
func readSecret(name string) (_ Secret, loose bool, err error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", false, fmt.Errorf("%w; write the secret there", plainError(err))
	}
	if !info.Mode().IsRegular() || info.Size() > 64<<10 {
		return "", false, fmt.Errorf("%s is no file with a secret; write its path", cut(name))
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return "", false, plainError(err)
	}
	text := strings.TrimRight(string(data), "\r\n")
	if text == "" || strings.ContainsAny(text, "\r\n\x00") {
		return "", false, fmt.Errorf("%s does not hold exactly one line; write the secret there", cut(name))
	}
	return Secret(text), readableByOthers(info), nil
}

// readableByOthers asks for the world only: a group of one's own is a usual way
// to hand a secret to a service.
func readableByOthers(info os.FileInfo) bool { return info.Mode().Perm()&0o007 != 0 }

// show writes a TOML value as an operator would recognise it.
func show(v any) string {
	switch v := v.(type) {
	case string:
		return strconv.Quote(cut(v))
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	default:
		return fmt.Sprint(v)
	}
}

// cut keeps a message readable whatever was written.
func cut(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
