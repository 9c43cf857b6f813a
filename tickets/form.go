package tickets

// Questions are the lines of the reply form that are still to be answered.
type Questions struct {
	Type, Category                             bool
	BlocksWork, AffectsOthers, AffectsCitizens bool
}

// Any reports whether anything is to be asked.
func (q Questions) Any() bool { return q != Questions{} }
