package tickets

// AskKind is what a person wants to know or to have done.
type AskKind string

// The things that a person can ask for by one word.
const (
	AskHelp   AskKind = "help"   // how this works
	AskStatus AskKind = "status" // her open tickets, or how one of them stands
	AskSearch AskKind = "search" // her tickets that have some words
	AskClose  AskKind = "close"
	AskReopen AskKind = "reopen"
	AskLocale AskKind = "locale" // another language from now on
)

// Ask is a question or order that is the whole of a person's mail.
type Ask struct {
	Kind   AskKind
	Number Number // of the ticket meant; 0 for none
	Words  string // to search for
	Locale Locale
}
