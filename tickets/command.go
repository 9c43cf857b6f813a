package tickets

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Verb is what a command of a technician does.
type Verb string

// The verbs.
const (
	VerbNote     Verb = "note"
	VerbResolve  Verb = "resolve"
	VerbClose    Verb = "close"
	VerbReopen   Verb = "reopen"
	VerbWait     Verb = "wait"
	VerbAssign   Verb = "assign"
	VerbTake     Verb = "take"
	VerbCategory Verb = "category"
	VerbType     Verb = "type"
	VerbPriority Verb = "priority"
	VerbHelp     Verb = "help"
)

// words are the commands as they are typed, folded: Spanish, Valencian,
// English. What stands first in a language is what the help shows.
func words(v Verb) []string {
	switch v {
	case VerbNote:
		return []string{"nota", "note"}
	case VerbResolve:
		return []string{"resolver", "resuelto", "resuelta", "resoldre", "resolt", "resolta", "resolve", "solved", "resolved"}
	case VerbClose:
		return []string{"cerrar", "cerrado", "cerrada", "tancar", "tancat", "tancada", "close", "closed"}
	case VerbReopen:
		return []string{"reabrir", "reobrir", "reopen"}
	case VerbWait:
		return []string{"espera", "pendiente", "pendent", "wait", "pending"}
	case VerbAssign:
		return []string{"asignar", "assignar", "assign"}
	case VerbTake:
		return []string{"mia", "asumir", "meua", "assumir", "mine", "take"}
	case VerbCategory:
		return []string{"categoria", "category"}
	case VerbType:
		return []string{"tipo", "tipus", "type"}
	case VerbPriority:
		return []string{"prioridad", "prioritat", "priority"}
	case VerbHelp:
		return []string{"ayuda", "ajuda", "help"}
	}
	return nil
}

var verbs = [...]Verb{VerbNote, VerbResolve, VerbClose, VerbReopen, VerbWait, VerbAssign, VerbTake,
	VerbCategory, VerbType, VerbPriority, VerbHelp}

// takesArgument reports whether a verb is meaningless without a word behind it.
func (v Verb) takesArgument() bool {
	return v == VerbAssign || v == VerbCategory || v == VerbType || v == VerbPriority
}

// Command is one `#` line of a technician.
type Command struct {
	Verb Verb
	Arg  string // as written, without surrounding white space
	Line string // the whole line, for explanations
}

// CommandProblem says why a line could not be followed.
type CommandProblem struct {
	Line    string
	Why     ProblemKind
	Nearest string // what may have been meant; "" if nothing is near
}

// ProblemKind is the reason, put into words by the templates.
type ProblemKind string

// The reasons.
const (
	ProblemUnknown    ProblemKind = "unknown"    // no such command
	ProblemArgument   ProblemKind = "argument"   // the word behind it is missing or means nothing
	ProblemTechnician ProblemKind = "technician" // no such technician
	ProblemCategory   ProblemKind = "category"   // no such category
	ProblemTooMany    ProblemKind = "too_many"
)

// maxCommands bounds one mail's commands.
const maxCommands = 20

// ParseCommands splits what a technician newly wrote into the commands at its
// top (or on its last lines) and the words that remain. If there are problems,
// nothing at all must be done.
//
// A command is a line that begins with # and a letter: "#4521" is an order
// number, and "# Heading" is a heading.
func ParseCommands(text string) (cmds []Command, rest string, problems []CommandProblem) {
	lines := strings.Split(text, "\n")
	from, to := 0, len(lines)
	for from < to && (blank(lines[from]) || isCommand(lines[from])) {
		from++
	}
	for to > from && (blank(lines[to-1]) || isCommand(lines[to-1])) {
		to--
	}
	for _, line := range slices.Concat(lines[:from], lines[to:]) {
		if blank(line) {
			continue
		}
		cmd, problem := parseCommand(line)
		if problem != nil {
			problems = append(problems, *problem)
		} else if !slices.ContainsFunc(cmds, func(c Command) bool { return c.Verb == cmd.Verb && c.Arg == cmd.Arg }) {
			cmds = append(cmds, cmd)
		}
	}
	if len(cmds) > maxCommands {
		problems = append(problems, CommandProblem{Line: cmds[maxCommands].Line, Why: ProblemTooMany})
	}
	return cmds, strings.TrimSpace(strings.Join(lines[from:to], "\n")), problems
}

func blank(line string) bool { return strings.TrimSpace(line) == "" }

func isCommand(line string) bool {
	word, ok := strings.CutPrefix(strings.TrimSpace(line), "#")
	r, _ := utf8.DecodeRuneInString(word)
	return ok && unicode.IsLetter(r)
}

func parseCommand(line string) (Command, *CommandProblem) {
	line = strings.TrimSpace(line)
	word, arg, _ := strings.Cut(line[1:], " ")
	// Phones put a full stop behind the last word, habit a colon behind the verb.
	word = strings.TrimRight(Fold(word), ".:,;")
	cmd := Command{Arg: strings.TrimSpace(arg), Line: line}
	for _, v := range verbs {
		if slices.Contains(words(v), word) {
			cmd.Verb = v
		}
	}
	switch {
	case cmd.Verb == "":
		return cmd, &CommandProblem{Line: line, Why: ProblemUnknown, Nearest: nearestCommand(word)}
	case cmd.Verb.takesArgument() && cmd.Arg == "":
		return cmd, &CommandProblem{Line: line, Why: ProblemArgument}
	case cmd.Verb == VerbPriority && !ParsePriority(cmd.Arg).Valid(),
		cmd.Verb == VerbType && ParseType(cmd.Arg) == "":
		return cmd, &CommandProblem{Line: line, Why: ProblemArgument}
	}
	return cmd, nil
}

// ParsePriority reads "P2", "p2" or "2"; the result may be invalid.
func ParsePriority(s string) Priority {
	s = strings.ToUpper(strings.Trim(s, " ."))
	if len(s) == 1 {
		s = "P" + s
	}
	return Priority(s)
}

// ParseType reads the word for a type in any of the languages; "" if it is none.
func ParseType(s string) Type {
	switch strings.Trim(Fold(s), " .") {
	case "incidencia", "incident":
		return Incident
	case "peticion", "peticio", "request", "solicitud", "sollicitud":
		return Request
	}
	return ""
}

func nearestCommand(word string) string {
	best, distance := "", 3 // more than two slips is another word
	for _, v := range verbs {
		for _, w := range words(v) {
			if d := levenshtein(word, w); d < distance {
				best, distance = "#"+w, d
			}
		}
	}
	return best
}

// levenshtein counts the letters to add, drop or change to make a into b.
func levenshtein(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 40 || len(y) > 40 {
		return len(x) + len(y)
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range y {
			change := diagonal
			if r != s {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}
