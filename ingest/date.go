package ingest

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	comment   = regexp.MustCompile(`\([^()]*\)`)
	clockTime = regexp.MustCompile(`(?:^|[\sTt])([0-2]?\d)[:.]([0-5]?\d)(?:[:.]([0-6]?\d))?(?:[.,]\d+)?(?i:\s*([ap])\.?\s?m\b\.?)?`)
	isoDate   = regexp.MustCompile(`\b(\d{4})[-/](\d{1,2})[-/](\d{1,2})`)
	dayMonth  = regexp.MustCompile(`(?i)\b(\d{1,2})[\s./-]+(?:de\s+|d['’])?(\p{L}{3,10})\.?[\s,./-]+(?:del?\s+)?(\d{2,4})\b`)
	monthDay  = regexp.MustCompile(`(?i)\b(\p{L}{3,10})\.?\s+(\d{1,2})\b`)
	lastYear  = regexp.MustCompile(`\b((?:19|20)\d{2})\b`)
	numeric   = regexp.MustCompile(`([+-])(\d{1,2}):?([0-5]\d)\b|(?:GMT|UTC)([+-])(\d{1,2})\b`)
	zoneName  = regexp.MustCompile(`\b([A-Z]{1,5})\b`)
)

// monthPrefixes by the first letters that tell them apart, in the languages in which
// broken programs write dates.
var monthPrefixes = [...]struct {
	prefix string
	month  time.Month
}{
	{"jan", 1}, {"ene", 1}, {"gen", 1}, {"fe", 2}, {"fé", 2}, {"mar", 3}, {"mär", 3}, {"apr", 4}, {"abr", 4}, {"avr", 4}, {"may", 5}, {"mai", 5}, {"mag", 5}, {"maig", 5},
	{"jun", 6}, {"giu", 6}, {"juin", 6}, {"jul", 7}, {"lug", 7}, {"juil", 7}, {"aug", 8}, {"ago", 8}, {"aoû", 8}, {"sep", 9}, {"set", 9}, {"oct", 10}, {"okt", 10}, {"ott", 10}, {"out", 10},
	{"nov", 11}, {"dec", 12}, {"dic", 12}, {"dez", 12}, {"des", 12}, {"déc", 12},
}

// zones that have a name, in hours (RFC 5322, section 4.3, and Europe's).
var zones = map[string]int{
	"GMT": 0, "UT": 0, "UTC": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
	"WET": 0, "WEST": 1, "CET": 1, "MET": 1, "CEST": 2, "MEST": 2, "EET": 2, "EEST": 3, "BST": 1, "MSK": 3, "JST": 9, "KST": 9,
}

// dateOf reads Date as RFC 3339, in the zone that it states; nil if it cannot
// be read or cannot be meant.
func dateOf(value string) *string {
	value = strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(valid(value)) // as Intl writes Spanish
	if len(value) > 300 {
		return nil
	}
	named := value
	value = comment.ReplaceAllString(value, " ")
	day, ok := calendarDay(value)
	if !ok {
		return nil
	}
	clock := clockTime.FindStringSubmatchIndex(value)
	if clock == nil {
		return nil
	}
	part := func(i int) int {
		if clock[2*i] < 0 {
			return 0
		}
		n, err := strconv.Atoi(value[clock[2*i]:clock[2*i+1]])
		if err != nil {
			return 99
		}
		return n
	}
	hour, minute, second := part(1), part(2), part(3)
	if clock[8] >= 0 {
		hour %= 12
		if strings.EqualFold(value[clock[8]:clock[9]], "p") {
			hour += 12
		}
	}
	if hour > 23 || second > 60 {
		return nil
	}
	t := time.Date(day.Year(), day.Month(), day.Day(), hour, minute, min(second, 59), 0, zoneOf(value[clock[1]:], named))
	s := t.Format(time.RFC3339)
	return &s
}

func calendarDay(s string) (t time.Time, ok bool) {
	var year, month, day string
	if m := isoDate.FindStringSubmatch(s); m != nil {
		year, month, day = m[1], m[2], m[3]
	} else if m := dayMonth.FindStringSubmatch(s); m != nil && monthNumber(m[2]) != "" { // "03 CET 2026" is none
		year, month, day = m[3], monthNumber(m[2]), m[1]
	} else {
		y := lastYear.FindStringSubmatch(s)
		for _, m := range monthDay.FindAllStringSubmatch(s, 4) { // as ctime writes it
			if found := monthNumber(m[1]); found != "" && y != nil && month == "" {
				year, month, day = y[1], found, m[2]
			}
		}
	}
	y, err1 := strconv.Atoi(year)
	m, err2 := strconv.Atoi(month)
	d, err3 := strconv.Atoi(day)
	if err1 != nil || err2 != nil || err3 != nil || m < 1 || m > 12 {
		return t, false
	}
	switch { // RFC 5322, section 4.3
	case len(year) == 2 && y < 50:
		y += 2000
	case len(year) <= 3:
		y += 1900
	}
	t = time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return t, t.Day() == d && y >= 1970 && y < 9999
}

func monthNumber(name string) string {
	name = strings.ToLower(name)
	for _, m := range monthPrefixes {
		if strings.HasPrefix(name, m.prefix) {
			return strconv.Itoa(int(m.month))
		}
	}
	return ""
}

// zoneOf reads the zone behind the time of day. UTC stands for "none stated".
func zoneOf(rest, whole string) *time.Location {
	if m := numeric.FindStringSubmatch(rest); m != nil {
		if m[4] != "" { // "GMT+1", as people write it
			m[1], m[2], m[3] = m[4], m[5], "0"
		}
		hours, _ := strconv.Atoi(m[2]) // one or two digits
		minutes, _ := strconv.Atoi(m[3])
		offset := hours*3600 + minutes*60
		if m[1] == "-" {
			offset = -offset
		}
		if hours > 15 || offset == 0 {
			return time.UTC
		}
		return time.FixedZone("", offset)
	}
	for _, s := range [...]string{rest, whole} {
		for _, m := range zoneName.FindAllStringSubmatch(s, 4) {
			if hours, ok := zones[m[1]]; ok && hours != 0 {
				return time.FixedZone("", hours*3600)
			} else if ok {
				return time.UTC
			}
		}
	}
	return time.UTC
}
