package ingest

import (
	"bytes"
	"regexp"
)

// uuBegin is the line above a file in a text. No standard but POSIX knows of it;
// old Outlook still writes it into mails "in plain text".
var uuBegin = regexp.MustCompile(`^begin [0-7]{3,4} (\S.{0,200})$`)

// openUU makes parts of the files that stand uuencoded in a text. The text keeps
// them: it says where they belong, and what looks like a file may be none.
func (r *treeReader) openUU(p *part) {
	if !bytes.Contains(p.Content, []byte("begin ")) {
		return
	}
	number := 0
	for rest := p.Content; len(rest) > 0 && r.parts < maxParts; {
		begin := rest
		var l []byte
		l, rest = cutLine(rest)
		m := uuBegin.FindSubmatch(l)
		if m == nil {
			continue
		}
		if length, ok := uuLength(rest); ok {
			rest = rest[length:]
			number++
			r.parts++
			p.add(&part{ContentType: "application/octet-stream", Disposition: "attachment", FileName: valid(string(m[1])), Content: decodeUU(begin[:len(begin)-len(rest)])}, number)
		}
	}
}

// uuLength gives how long an encoded file is, with the line "end" below it. Other
// lines are no file: somebody writes about how something begins.
func uuLength(b []byte) (length int, ok bool) {
	for rest := b; len(rest) > 0; {
		var l []byte
		l, rest = cutLine(rest)
		l = bytes.TrimRight(l, " \t")
		if string(l) == "end" {
			return len(b) - len(rest), true
		}
		if len(l) > 0 && !isUULine(l) {
			return 0, false
		}
	}
	return 0, false
}

// isUULine: the first letter says how many bytes follow, four letters for three;
// spaces at the end may have been lost on the way, and some add a letter.
func isUULine(l []byte) bool {
	for _, c := range l {
		if c < ' ' || c > '`' {
			return false
		}
	}
	return len(l)-1 <= (int(l[0]-' ')&0x3f+2)/3*4+2
}
