package reply

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A Question is a line of the reply form.
type Question int

// The questions, in the form's order.
const (
	Type Question = iota
	Category
	BlocksWork
	AffectsOthers
	AffectsCitizens
)

// asked are the yes-or-no questions as the form puts them, folded.
var asked = []question{
	{BlocksWork, strings.Fields("le impide realizar su trabajo")},
	{BlocksWork, strings.Fields("li impedix fer la seua faena")},
	{BlocksWork, strings.Fields("does it stop you from working")},
	{AffectsOthers, strings.Fields("afecta a mas usuarios de su servicio")},
	{AffectsOthers, strings.Fields("afecta mes usuaris del seu servici")},
	{AffectsOthers, strings.Fields("does it affect other users of your service")},
	{AffectsCitizens, strings.Fields("afecta el servicio al ciudadano")},
	{AffectsCitizens, strings.Fields("afecta el servici al ciutada")},
	{AffectsCitizens, strings.Fields("does it affect the service to citizens")},
	// as programs that correct it to the Catalan of Barcelona make of it
	{BlocksWork, strings.Fields("li impedeix fer la seva feina")},
	{AffectsOthers, strings.Fields("afecta a mes usuaris del seu servei")},
	{AffectsOthers, strings.Fields("afecta mes usuaris del seu servei")},
	{AffectsCitizens, strings.Fields("afecta el servei al ciutada")},
}

// inShort are the questions as people put them who write the form anew.
var inShort = shortQuestions(map[Question]string{
	BlocksWork: `impide trabajo, impide trabajar, me impide trabajar, le impide trabajar, impide realizar su trabajo, impide realizar mi trabajo, impide realizar el trabajo, me impide realizar mi trabajo, me impide hacer mi trabajo, impide el trabajo,
		impedix treballar, impedix faena, impedix fer la faena, m impedix fer la meua faena, impedix fer la seua faena, impedix la faena,
		stops work, stops me from working, does it stop me from working, blocks work, blocks my work`,
	AffectsOthers: `afecta a mas usuarios, afecta a otros usuarios, afecta a mas usuarios de mi servicio, afecta a mas usuarios del servicio, afecta a mas companeros, afecta a mas gente,
		afecta mes usuaris, afecta a mes usuaris, afecta altres usuaris, afecta a altres usuaris, afecta mes usuaris del meu servici,
		affects other users, affects others, does it affect other users, does it affect others`,
	AffectsCitizens: `afecta al ciudadano, afecta a ciudadanos, afecta a los ciudadanos, afecta a la ciudadania, afecta al servicio al ciudadano, afecta al servicio, afecta el servicio,
		afecta al ciutada, afecta als ciutadans, afecta a la ciutadania, afecta al servici al ciutada, afecta el servici,
		affects citizens, does it affect citizens, affects the service to citizens`,
})

type question struct {
	q     Question
	words []string
}

func shortQuestions(all map[Question]string) (list []question) {
	for q, questions := range all {
		for s := range strings.SplitSeq(questions, ",") {
			list = append(list, question{q, strings.Fields(s)})
		}
	}
	// The longest first, for one may be the beginning of another.
	slices.SortFunc(list, func(a, b question) int {
		return cmp.Or(len(b.words)-len(a.words), strings.Compare(a.words[0]+a.words[1], b.words[0]+b.words[1]))
	})
	return list
}

// heads are the words that begin the two lines to be filled in with a word.
var heads = map[string]Question{
	"tipo": Type, "tipus": Type, "type": Type,
	"categoria": Category, "category": Category,
}

// types are the words people use for the types.
var types = map[string]string{
	"incidencia": "incident", "incidencias": "incident", "incident": "incident", "incidencies": "incident",
	"averia": "incident", "problema": "incident", "problem": "incident", "error": "incident", "fallo": "incident", "fallada": "incident",
	"peticion": "request", "peticio": "request", "request": "request", "solicitud": "request", "sollicitud": "request",
	"consulta": "request", "query": "request", "duda": "request", "dubte": "request", "pregunta": "request", "question": "request",
	"sugerencia": "suggestion", "suggeriment": "suggestion", "suggerencia": "suggestion", "suggestion": "suggestion",
}

// yesNo are the words that answer a question.
var yesNo = map[string]token{
	"si": tokYes, "s": tokYes, "yes": tokYes, "y": tokYes, "yep": tokYes, "afirmativo": tokYes, "afirmatiu": tokYes,
	"no": tokNo, "n": tokNo, "nop": tokNo, "nope": tokNo, "negativo": tokNo, "negatiu": tokNo,
	"x": tokMark, "xx": tokMark, "xxx": tokMark,
}

const (
	emptyBoxes  = "☐□▢⬜❏❑❒○◯◻◽⃞"
	markedBoxes = "☑✔✓✅■⬛◼◾▪●◉🗹🗸√" + crosses
	crosses     = "☒✗✘✕✖❎🗷⊠☓×❌"
)

// sayings answer a question in more than a word; those of tokOther say that nobody
// knows.
var sayings = byFirst(map[token][]string{
	tokYes: {
		"claro que si", "pues si", "pues claro", "pues claro que si", "la verdad es que si", "pues la verdad es que si", "doncs si", "i tant", "i tant que si", "por supuesto", "por supuesto que si", "desde luego", "efectivamente", "asi es", "me temo que si", "totalmente", "completamente",
		"clar que si", "per descomptat", "per suposat", "efectivament", "aixi es", "totalment", "completament", "i m afraid so", "of course", "definitely", "absolutely", "completely",
	},
	tokNo: {
		"claro que no", "pues no", "la verdad es que no", "pues la verdad es que no", "doncs no", "no por ahora", "no de momento", "no per ara", "no de moment", "not for now", "ni mucho menos", "para nada", "en absoluto", "de momento no", "por ahora no", "de ninguna manera", "afortunadamente no",
		"clar que no", "en absolut", "de moment no", "per ara no", "de cap manera", "not at all", "not really", "not yet",
	},
	tokOther: {"no lo se", "no se sabe", "no lo sabemos", "no estoy seguro", "no estoy segura", "no sabria", "no ho se", "no ho sabem", "no estic segur", "no estic segura", "no aplica", "not sure", "no idea", "n a"},
})

// aboutOthers answer whether others are affected.
var aboutOthers = byFirst(map[token][]string{
	tokYes: {
		"a todos", "a todas", "a todo el", "a toda la", "a varios", "a varias", "a mas gente", "a mis companeros", "a tots", "a totes", "a tot el", "a tota la", "a diversos", "als companys", "a mes gent",
		"todos", "todas", "varios", "varias", "tots", "totes", "diversos", "a todo", "a tot", "all",
		"everyone", "everybody", "all of us", "the whole", "several of us",
	},
	tokNo: {
		"ninguno", "a ninguno", "nadie", "a nadie", "a nadie mas", "nadie mas", "a ningun otro", "cap", "ningu", "a ningu", "a ningu mes", "ningu mes", "nobody", "nobody else", "no one", "no one else", "none",
		"solo a mi", "solo yo", "solo mi", "solamente a mi", "solamente yo", "unicamente a mi", "nomes a mi", "nomes jo", "sols a mi", "sols jo", "unicament a mi", "only me", "only mine", "just me", "only my",
	},
	tokOther: {"no solo a mi", "no solamente a mi", "no nomes a mi", "not only me", "not just me"},
})

// saying is a phrase, as words, and what it says.
type saying struct {
	words []string
	token token
}

func byFirst(all map[token][]string) map[string][]saying {
	index := map[string][]saying{}
	for tok, phrases := range all {
		for _, p := range phrases {
			words := strings.Fields(p)
			index[words[0]] = append(index[words[0]], saying{words, tok})
		}
	}
	return index
}

// phrase reads a saying that a text begins with and gives its length, 0 if there is
// none.
func phrase(q Question, runes []rune) (tok token, length int) {
	const longest = 60
	s := string(runes[:min(len(runes), longest)])
	words := wordsOf(s)
	if len(words) == 0 {
		return 0, 0
	}
	known := sayings[words[0].folded]
	if q == AffectsOthers && len(words) > 1 && people[words[1].folded] && several(words[0].folded) && !strings.ContainsAny(s[words[0].end:words[1].start], ",.;:!?") {
		return tokYes, len([]rune(s[:words[1].end]))
	}
	if q == AffectsOthers {
		known = append(known[:len(known):len(known)], aboutOthers[words[0].folded]...)
	}
	for _, k := range known {
		if len(words) < len(k.words) || !slices.EqualFunc(words[:len(k.words)], k.words, func(w word, want string) bool { return w.folded == want }) {
			continue
		}
		said := s[:words[len(k.words)-1].end]
		if n := len([]rune(said)); n > length && !strings.ContainsAny(said, ",.;:!?") { // "no, solo a mí" is two
			tok, length = k.token, n
		}
	}
	return tok, length
}

// people are who is counted in "5 usuarios".
var people = words("usuarios usuarias personas companeros companeras puestos ordenadores equipos usuaris usuaries persones companys companyes llocs ordinadors users people colleagues computers")

// several reports whether a word is a number greater than one.
func several(w string) bool {
	if n, err := strconv.Atoi(w); err == nil {
		return n > 1
	}
	return numbers[w]
}

var numbers = words("dos tres cuatro cinco seis siete ocho nueve diez dues quatre cinc sis set huit nou deu two three four five six seven eight nine ten")

// summary are the lines of a letter of ours that tell what is known. They look
// like lines of the form that were filled in.
var summary = map[string]bool{
	"prioridad": true, "prioritat": true, "priority": true, "asunto": true, "assumpte": true, "subject": true,
	"solicitante": true, "sol": true, "requester": true, "entidad": true, "entitat": true, "entity": true,
	"estado": true, "estat": true, "status": true,
}

// A word is a run of letters and digits of a line, folded.
type word struct {
	folded string
	end    int // in the line
	start  int
}

// wordsOf takes a line apart, without case and accents.
func wordsOf(s string) (list []word) {
	start := -1
	for i, r := range s + " " {
		inside := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || r == '·' && start >= 0
		switch {
		case inside && start < 0:
			start = i
		case !inside && start >= 0 && !isStyle(r):
			if f := keyOf(s[start:min(i, len(s))]); f != "" {
				list = append(list, word{folded: f, start: start, end: min(i, len(s))})
			}
			start = -1
		}
	}
	return list
}

// keyOf makes words comparable: lower case, letters and digits alone.
func keyOf(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// foldAll folds a text of several words, which single spaces part.
func foldAll(s string) string {
	var b strings.Builder
	for _, w := range wordsOf(unstyled(s)) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w.folded)
	}
	return b.String()
}

// alike compares words as fingers and correcting telephones write them.
func alike(a, b string) bool {
	if a == b {
		return true
	}
	slips := 0
	if n := len(b); n >= 8 {
		slips = 2
	} else if n >= 4 {
		slips = 1
	}
	return slips > 0 && max(len(a)-len(b), len(b)-len(a)) <= 2*slips && distance(a, b) <= slips
}

// distance counts the letters to add, drop or change to make a into b.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 60 || len(y) > 60 {
		return max(len(x), len(y))
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range x {
		last := row[0]
		row[0] = i + 1
		for j, s := range y {
			cost := last
			if r != s {
				cost++
			}
			last, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, cost)
		}
	}
	return row[len(y)]
}
