package tickets

import (
	"regexp"
	"strings"
)

// unseen are letters that nobody sees, and the wide form of #.
var unseen = strings.NewReplacer("\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "", "\u00ad", "", "\uFF03", "#")

// bare is a line as a command is read from it: without what nobody sees, and
// without the marks that programs put around bold letters.
func bare(line string) string {
	if !strings.ContainsAny(line, "#\uFF03") {
		return strings.TrimSpace(line)
	}
	line = strings.TrimSpace(unseen.Replace(line))
	if inner := strings.TrimLeft(line, "*_"); strings.HasPrefix(inner, "#") && (inner != line || strings.ContainsAny(line[1:min(len(line), 2)], "*_")) {
		return "#" + strings.Trim(inner[1:], "*_ ")
	}
	return line
}

// noteWord finds the word that makes a note as hands in a hurry type it, folded:
// "(#nota)", "- ##nota", "Pere, #nota-interna". In the middle of a sentence it is one
// about notes.
var noteWord = regexp.MustCompile(`(?:^[^\pL\pN#]*|[,.;:!] )#+(?:nota|note)(?:s|interna|interno)?(?:$|[^\pL\pN])`)

var (
	nextOrder = regexp.MustCompile(`[\s,;+&]#\pL+`)
	joining   = regexp.MustCompile(`(?i)(?:^|\s)(?:y|e|i|and)$`)
)

// ordersOf takes a line with commands apart: "#asignar pere y #nota". What stands
// behind the one that makes a note is a note, whatever it looks like.
func ordersOf(line string) (orders []string) {
	for verbOf(commandWord(line)) != VerbNote {
		at := -1
		for _, found := range nextOrder.FindAllStringIndex(line, -1) {
			if verbOf(commandWord(line[found[0]+1:found[1]])) != "" {
				at = found[0]
				break
			}
		}
		if at < 0 {
			break
		}
		first := strings.TrimRight(line[:at], " \t,;+&")
		orders = append(orders, strings.TrimRight(joining.ReplaceAllString(first, ""), " \t,;+&"))
		line = line[at+1:]
	}
	return append(orders, line)
}
