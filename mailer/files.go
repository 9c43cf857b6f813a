package mailer

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/wneessen/go-mail"

	"respon/tickets"
)

func bytesOf(files []tickets.File) (n int) {
	for _, f := range files {
		n += len(f.Data)
	}
	return n
}

// filesOf counts the attachments that a letter ought to pass on: those of the
// message it tells of, of which the bytes need not be at hand.
func filesOf(l *tickets.Letter) int {
	if l.About == nil || l.Text == "" && len(l.Files) == 0 {
		return len(l.Files)
	}
	return max(len(l.Files), len(l.About.Attachments))
}

// attach adds files. A picture that stood in the text keeps its Content-ID,
// and comes as an attachment all the same: the text is no longer around it.
func attach(m *mail.Msg, files []tickets.File) error {
	for i, f := range files {
		options := []mail.FileOption{mail.WithFileContentType(contentType(f.ContentType))}
		if validContentID(f.ContentID) {
			options = append(options, mail.WithFileContentID(f.ContentID))
		}
		if err := m.AttachReader(fileName(f.Name, i+1), bytes.NewReader(f.Data), options...); err != nil {
			return fmt.Errorf("attach file %d: %w", i+1, err)
		}
	}
	return nil
}

var mediaType = regexp.MustCompile(`^(?:application|audio|font|image|model|text|video)/[A-Za-z0-9!#$&^_.+-]{1,100}$`)

// contentType keeps the sender's type of a file if it is a plain one. A mail
// within the mail or a part of several parts would have to be written as one.
func contentType(s string) mail.ContentType {
	if !mediaType.MatchString(s) {
		return mail.TypeAppOctetStream
	}
	return mail.ContentType(s)
}

func validContentID(id string) bool {
	return id != "" && len(id) <= maxID && strings.IndexFunc(id, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`<>()[]\",;:`, r)
	}) < 0
}

// maxFileName keeps a name within one line of a header, encoded.
const maxFileName = 120

// fileName makes a name that is one name on every system: without folders, and
// short, with its ending kept.
func fileName(name string, n int) string {
	name = strings.Trim(oneLine(path.Base(strings.ReplaceAll(name, `\`, "/"))), ". ")
	if name == "" || name == "/" {
		return fmt.Sprintf("file-%d", n)
	}
	if len(name) > maxFileName {
		ending := path.Ext(name)
		if len(ending) > 10 {
			ending = ""
		}
		cut := name[:maxFileName-len(ending)]
		for !utf8.ValidString(cut) {
			cut = cut[:len(cut)-1]
		}
		name = cut + ending
	}
	return name
}
