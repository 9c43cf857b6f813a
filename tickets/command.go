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
	VerbNote      Verb = "note"
	VerbResolve   Verb = "resolve"
	VerbClose     Verb = "close"
	VerbReopen    Verb = "reopen"
	VerbWait      Verb = "wait"
	VerbAssign    Verb = "assign"
	VerbTake      Verb = "take"
	VerbCategory  Verb = "category"
	VerbType      Verb = "type"
	VerbPriority  Verb = "priority"
	VerbMerge     Verb = "merge"
	VerbSplit     Verb = "split"
	VerbLink      Verb = "link"
	VerbGeneral   Verb = "general"
	VerbRequester Verb = "requester"
	VerbCc        Verb = "cc"
	VerbAway      Verb = "away"
	VerbBack      Verb = "back"
	VerbStatus    Verb = "status"
	VerbHelp      Verb = "help"
	VerbUndo      Verb = "undo"
)

// Verbs are all of them, in the order in which the help lists them.
var Verbs = [...]Verb{VerbNote, VerbResolve, VerbClose, VerbReopen, VerbWait, VerbAssign, VerbTake, VerbCategory, VerbType, VerbPriority,
	VerbMerge, VerbSplit, VerbLink, VerbGeneral, VerbRequester, VerbCc, VerbAway, VerbBack, VerbStatus, VerbHelp, VerbUndo}

// words are the commands as they are typed, folded: Spanish, Valencian,
// English.
var words = map[Verb][]string{
	VerbNote:      {"nota", "note"},
	VerbResolve:   {"resolver", "resuelto", "resuelta", "resoldre", "resolt", "resolta", "resolve", "solved", "resolved"},
	VerbClose:     {"cerrar", "cerrado", "cerrada", "tancar", "tancat", "tancada", "close", "closed"},
	VerbReopen:    {"reabrir", "reobrir", "reopen"},
	VerbWait:      {"espera", "esperar", "pendiente", "pendent", "wait", "pending"},
	VerbAssign:    {"asignar", "assignar", "assign"},
	VerbTake:      {"mia", "asumir", "meua", "meva", "assumir", "mine", "take"},
	VerbCategory:  {"categoria", "category"},
	VerbType:      {"tipo", "tipus", "type"},
	VerbPriority:  {"prioridad", "prioritat", "priority"},
	VerbMerge:     {"fusionar", "unir", "merge"},
	VerbSplit:     {"dividir", "separar", "split"},
	VerbLink:      {"enlazar", "enllacar", "relacionar", "link"},
	VerbGeneral:   {"general", "masiva", "massive"},
	VerbRequester: {"solicitante", "sollicitant", "solicitant", "requester"},
	VerbCc:        {"copia", "cc"},
	VerbAway:      {"ausente", "absent", "away"},
	VerbBack:      {"disponible", "back", "available"},
	VerbStatus:    {"estado", "estat", "status"},
	VerbHelp:      {"ayuda", "ajuda", "help"},
	VerbUndo:      {"deshacer", "desfer", "undo"},
}

// verbOf finds the verb of a folded word, "" if there is none.
func verbOf(word string) Verb {
	for v, list := range words {
		if slices.Contains(list, word) {
			return v
		}
	}
	return ""
}

// takesArgument reports whether a verb is meaningless without a word behind it.
// A requester need not be named where her mail was forwarded.
func (v Verb) takesArgument() bool {
	switch v {
	case VerbAssign, VerbCategory, VerbType, VerbPriority, VerbMerge, VerbLink, VerbGeneral, VerbCc, VerbAway, VerbUndo:
		return true
	}
	return false
}

// alone reports whether a verb takes no word behind it. What stands there
// was meant for somebody, and nobody can tell for whom.
func (v Verb) alone() bool {
	switch v {
	case VerbResolve, VerbClose, VerbReopen, VerbWait, VerbTake, VerbSplit, VerbBack:
		return true
	}
	return false
}

// polite is what may stand behind any command, folded, and says nothing.
var polite = []string{"", "por favor", "gracias", "ya", "per favor", "si us plau", "gracies", "ja", "please", "thanks", "thank you", "now", "ok"}

// WithoutTicket reports whether a verb makes sense in a mail about no ticket, and
// opens none.
func (v Verb) WithoutTicket() bool {
	switch v {
	case VerbAway, VerbBack, VerbStatus, VerbHelp, VerbUndo:
		return true
	}
	return false
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
	ProblemTicket     ProblemKind = "ticket"     // no such ticket, or the same one
	ProblemEntities   ProblemKind = "entities"   // tickets of different entities are merged only if that is confirmed
	ProblemGeneral    ProblemKind = "general"    // one of the tickets is part of a general one already, or general itself
	ProblemOwn        ProblemKind = "own"        // a technician is the requester: nobody else may see his address
	ProblemAddress    ProblemKind = "address"    // not an address that can be written to, or one of ours
	ProblemDates      ProblemKind = "dates"      // no dates
	ProblemCode       ProblemKind = "code"       // nothing to be taken back under this code
	ProblemSince      ProblemKind = "since"      // somebody changed the same since
	ProblemVouched    ProblemKind = "vouched"    // only for a mail that its server vouches for
	ProblemNoTicket   ProblemKind = "no_ticket"  // the mail is about no ticket
	ProblemTooMany    ProblemKind = "too_many"
	ProblemUnclear    ProblemKind = "unclear" // what he wrote cannot be told from our notice
	ProblemWords      ProblemKind = "words"   // words stand behind a command that takes none
)

// maxCommands bounds one mail's commands.
const maxCommands = 20

// ParseCommands splits what a technician newly wrote into the commands at its
// top or on its last lines, above a closing formula and a name, and the words that
// remain. If there are problems, nothing at all must be done.
//
// A command is a line that begins with # and a letter: "#4521" is an order
// number. "# nota", as some phones write it, is one if the word is known;
// "# Heading" is a heading. Several may stand on one line.
func ParseCommands(text string) (cmds []Command, rest string, problems []CommandProblem) {
	lines := strings.Split(text, "\n")
	from, to := 0, len(lines)
	for from < to && (blank(lines[from]) || isCommand(lines[from])) {
		from++
	}
	end := to
	if from < to {
		end = beforeClosing(lines[from:]) + from
	}
	closing := lines[end:]
	for to = end; to > from && (blank(lines[to-1]) || isCommand(lines[to-1])); {
		to--
	}
	// A note is one wherever the line stands: what was to stay in the house must not
	// leave it for a greeting before or below, or a bracket around the word.
	if slices.ContainsFunc(lines[from:to], isNote) || slices.ContainsFunc(closing, isNote) {
		cmds = append(cmds, Command{Verb: VerbNote, Line: "#" + string(VerbNote)})
	}
	var orders []string
	for _, line := range slices.Concat(lines[:from], lines[to:end]) {
		if !blank(line) && len(orders) <= maxCommands {
			orders = append(orders, ordersOf(bare(line))...)
		}
	}
	for _, line := range orders {
		if len(cmds)+len(problems) >= maxCommands {
			problems = append(problems, CommandProblem{Line: line, Why: ProblemTooMany})
			break
		}
		cmd, problem := parseCommand(line)
		if problem != nil {
			problems = append(problems, *problem)
		} else if !slices.ContainsFunc(cmds, func(c Command) bool { return c.Verb == cmd.Verb && c.Arg == cmd.Arg }) {
			cmds = append(cmds, cmd)
		}
	}
	return cmds, strings.TrimSpace(strings.Join(slices.Concat(lines[from:to], closing), "\n")), problems
}

// How long a closing is: a formula, a name, a function, a telephone.
const (
	closingLines  = 8
	closingLength = 70
)

// beforeClosing gives where the closing of a letter begins, if commands stand
// right above it; else the number of lines.
func beforeClosing(lines []string) int {
	said := 0
	for i := len(lines) - 1; i >= 0 && said <= closingLines; i-- {
		l := strings.TrimSpace(lines[i])
		switch {
		case l == "":
		case isCommand(l):
			if below := firstWords(lines[i+1:]); said == 0 || !closes(below) || verbOf(commandWord(l)) == "" {
				return len(lines)
			}
			return i + 1
		case len(l) > closingLength:
			return len(lines)
		default:
			said++
		}
	}
	return len(lines)
}

func firstWords(lines []string) string {
	for _, l := range lines {
		if !blank(l) {
			return l
		}
	}
	return ""
}

// closes reports whether a line begins the end of a letter.
func closes(line string) bool {
	line = Fold(line)
	for _, formula := range [...]string{"un saludo", "saludos", "un cordial saludo", "cordialmente", "atentamente", "gracias", "muchas gracias", "un abrazo",
		"salutacions", "una salutacio", "cordialment", "atentament", "gracies", "moltes gracies", "una abracada",
		"regards", "best regards", "kind regards", "best", "thanks", "thank you", "cheers", "--"} {
		if rest, ok := strings.CutPrefix(line, formula); ok && (rest == "" || !unicode.IsLetter([]rune(rest)[0])) {
			return true
		}
	}
	return false
}

// HasNote reports whether commands make a mail a note, which must never leave
// the house whatever else becomes of it.
func HasNote(cmds []Command) bool {
	return slices.ContainsFunc(cmds, func(c Command) bool { return c.Verb == VerbNote })
}

// isNote reports whether a line has the command that makes a note, or something that
// was meant for it. A quoted line has none: our notices name it.
func isNote(line string) bool {
	if !isCommand(line) {
		return !strings.HasPrefix(strings.TrimSpace(line), ">") && noteWord.MatchString(Fold(unseen.Replace(line)))
	}
	return noteWord.MatchString(Fold(unseen.Replace(line))) || slices.ContainsFunc(ordersOf(bare(line)), func(order string) bool { return verbOf(commandWord(order)) == VerbNote })
}

func blank(line string) bool { return strings.TrimSpace(line) == "" }

func isCommand(line string) bool {
	line = bare(line)
	word, ok := strings.CutPrefix(line, "#")
	r, _ := utf8.DecodeRuneInString(word)
	return ok && (unicode.IsLetter(r) || unicode.IsSpace(r) && verbOf(commandWord(line)) != "")
}

// commandWord is the folded word behind the #.
func commandWord(line string) string {
	line = strings.TrimSpace(strings.TrimPrefix(bare(line), "#"))
	if i := strings.IndexFunc(line, func(r rune) bool { return unicode.IsSpace(r) || r == ':' }); i >= 0 {
		line = line[:i]
	}
	// Phones put a full stop behind the last word.
	return strings.TrimRight(Fold(line), ".,;!")
}

func parseCommand(line string) (Command, *CommandProblem) {
	word := commandWord(line)
	arg := strings.TrimSpace(strings.TrimPrefix(line, "#"))
	if i := strings.IndexFunc(arg, func(r rune) bool { return unicode.IsSpace(r) || r == ':' }); i >= 0 {
		arg = strings.TrimLeft(arg[i:], ": \t\u00a0")
	} else {
		arg = ""
	}
	cmd := Command{Verb: verbOf(word), Arg: strings.TrimSpace(arg), Line: line}
	switch {
	case cmd.Verb == "":
		return cmd, &CommandProblem{Line: line, Why: ProblemUnknown, Nearest: nearestCommand(word)}
	case cmd.Verb.takesArgument() && cmd.Arg == "":
		return cmd, &CommandProblem{Line: line, Why: ProblemArgument}
	case cmd.Verb.alone() && !slices.Contains(polite, strings.Trim(Fold(cmd.Arg), " .,;:!")):
		return cmd, &CommandProblem{Line: line, Why: ProblemWords}
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
	case "sugerencia", "suggeriment", "suggerencia", "suggestion":
		return Suggestion
	}
	return ""
}

func nearestCommand(word string) string {
	best, distance := "", 3 // more than two slips is another word
	for _, v := range Verbs {
		for _, w := range words[v] {
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
