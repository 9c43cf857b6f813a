package ingest

import "strings"

// calendarText tells what an invitation says (RFC 5545), in lines without
// words of any language: what, when, where, by whom; "" if it says nothing. Its
// description is what its author wrote to those who are invited.
func calendarText(s string) (told, description string) {
	s = s[:min(len(s), maxCalendar)]
	s = withLF(s)
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\n ", ""), "\n\t", "") // section 3.1
	var summary, start, end, place, organiser string
	inEvent := false
	for i, l := range strings.SplitN(s, "\n", maxCalendarRows) {
		if i == maxCalendarRows-1 {
			break
		}
		name, params, value := calendarLine(l)
		switch {
		case name == "BEGIN":
			inEvent = inEvent || strings.EqualFold(value, "VEVENT") || strings.EqualFold(value, "VTODO")
		case !inEvent:
		case name == "SUMMARY" && summary == "":
			summary = calendarWords(value)
		case name == "DESCRIPTION" && description == "":
			description = strings.TrimSpace(cleanText(calendarBreaks.Replace(value)))
		case name == "LOCATION" && place == "":
			place = calendarWords(value)
		case name == "DTSTART" && start == "":
			start = calendarTime(params, value)
		case (name == "DTEND" || name == "DUE") && end == "":
			end = calendarTime(params, value)
		case name == "ORGANIZER" && organiser == "":
			organiser = calendarPerson(params, value)
		}
	}
	when := start
	if start != "" && end != "" && end != start {
		if day, clock, ok := strings.Cut(end, " "); ok && strings.HasPrefix(start, day+" ") {
			when = withoutZone(start) + " - " + clock
		} else {
			when = start + " - " + end
		}
	}
	var lines []string
	for _, l := range [...]string{summary, when, place, organiser} {
		if l != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n"), description
}

// calendarLine cuts a content line; a colon in a quoted parameter is none.
func calendarLine(l string) (name, params, value string) {
	quoted := false
	for i := range len(l) {
		switch {
		case l[i] == '"':
			quoted = !quoted
		case l[i] == ':' && !quoted:
			name, params, _ = strings.Cut(l[:i], ";")
			return strings.ToUpper(name), params, strings.TrimSpace(l[i+1:])
		}
	}
	return "", "", ""
}

var calendarEscapes = strings.NewReplacer(`\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";", `\\`, `\`)

// calendarBreaks keeps the line ends of a text of many lines.
var calendarBreaks = strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`)

func calendarWords(s string) string { return line(calendarEscapes.Replace(s)) }

// calendarTime writes "20260105T101500Z" as "2026-01-05 10:15 UTC", with the
// zone that it names.
func calendarTime(params, value string) string {
	digits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	if len(value) < 8 || !digits(value[:8]) {
		return ""
	}
	out := value[:4] + "-" + value[4:6] + "-" + value[6:8]
	if len(value) < 13 || value[8] != 'T' || !digits(value[9:13]) {
		return out
	}
	out += " " + value[9:11] + ":" + value[11:13]
	if strings.HasSuffix(value, "Z") {
		return out + " UTC"
	}
	if zone := calendarParameter(params, "TZID"); zone != "" {
		out += " (" + zone + ")"
	}
	return out
}

func withoutZone(s string) string { return s[:min(len(s), len("2026-01-05 10:15"))] }

func calendarPerson(params, value string) string {
	if len(value) > 7 && strings.EqualFold(value[:7], "mailto:") {
		value = value[7:]
	}
	if name := calendarParameter(params, "CN"); name != "" && name != value {
		return name + " <" + line(value) + ">"
	}
	return line(value)
}

func calendarParameter(params, name string) string {
	for _, p := range rawParameters(params) {
		if strings.EqualFold(p[0], name) {
			return line(p[1])
		}
	}
	return ""
}
