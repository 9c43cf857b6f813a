package tickets

// Questions are the lines of the reply form that are still to be answered.
type Questions struct {
	Type, Category                             bool
	BlocksWork, AffectsOthers, AffectsCitizens bool
}

// Any reports whether anything is to be asked.
func (q Questions) Any() bool { return q != Questions{} }

// FormRead is what a filled-in form leaves to be said, beside the answers that
// became Hints.
type FormRead struct {
	Filled  bool     // somebody wrote into one of its lines at least
	Only    bool     // the mail holds nothing else
	Rest    string   // what else was newly written
	Unknown bool     // what stands where a category should is none
	Near    []string // ids of the categories that it may mean, the nearest first
	Unclear bool     // answers that contradict each other; they do not count
}
