package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"respon/tickets"
	"respon/tickets/desk"
	"respon/tickets/store"
)

// replyView is the reply box.
type replyView struct {
	Key        string // of this showing of the form: sent twice is taken once
	Text       string
	Note       bool
	Technician bool     // answers, and may write notes and commands
	Empty      bool     // it was sent with nothing in it
	Refused    string   // names of files that are not taken
	Problems   []string // why commands could not be followed
	FilesLost  bool     // browsers do not keep chosen files
}

func (s *Server) newReply() (replyView, error) {
	key, _, err := s.secret()
	return replyView{Key: key}, err
}

// Bounds on a reply. Its files share the limit of mails.
const (
	maxText  = 256 << 10
	maxFiles = 50
	maxKey   = 64
	// maxFields bounds the other fields of a form.
	maxFields = 20
)

// posted is what the reply box sent.
type posted struct {
	key, text string
	note      bool
	files     []tickets.Attachment
	values    url.Values // of all other fields
}

// addReply takes what somebody wrote into the box below a ticket: the same
// incoming, and the same verbs, as a mail.
func (s *Server) addReply(w http.ResponseWriter, q *request) error {
	select {
	case s.uploads <- struct{}{}:
		defer func() { <-s.uploads }()
	default:
		return errBusy
	}
	p, err := readReply(q)
	if err != nil {
		return err
	}
	if p.key == "" {
		if p.key, _, err = s.secret(); err != nil {
			return err
		}
	}
	again, err := s.newReply()
	if err != nil {
		return err
	}
	again.Text, again.Note, again.FilesLost = p.text, p.note, len(p.files) > 0
	if p.text == "" && len(p.files) == 0 {
		again.Empty = true
		return s.renderTicket(w, q, http.StatusUnprocessableEntity, again)
	}
	if again.Refused = refused(q, p.files); again.Refused != "" {
		return s.renderTicket(w, q, http.StatusUnprocessableEntity, again)
	}
	t, problems, err := s.act(q, p)
	if len(problems) > 0 {
		for _, p := range problems {
			again.Problems = append(again.Problems, s.problem(q, p))
		}
		return s.renderTicket(w, q, http.StatusUnprocessableEntity, again)
	}
	if errors.Is(err, store.ErrSeen) {
		t, err = q.ticket, nil // pressed twice, or sent again after a cut: it is there
	}
	if err != nil {
		return err
	}
	// A reply to a ticket closed long ago opened another one.
	number := t.Number.Format(q.catalogue.Gateway.Prefix)
	if !mayAct(&q.visitor, actRead, t, nil) {
		number = q.ticket.Number.Format(q.catalogue.Gateway.Prefix) // merged into one that is not hers to see
	}
	http.Redirect(w, q.Request, q.link("/tickets/"+number+"?sent=1#end"), http.StatusSeeOther)
	return nil
}

// act gives the words to the desk: as a technician's, or as a participant's.
// Commands that cannot be followed do nothing at all.
func (s *Server) act(q *request, p posted) (*tickets.Ticket, []tickets.CommandProblem, error) {
	in, err := s.incoming(q, p)
	if err != nil {
		return nil, nil, err
	}
	n := q.ticket.Number
	cmds, rest, problems := tickets.ParseCommands(p.text)
	// A technician's note is one in her own matter, too: others take part in it.
	note := q.visitor.technician != nil && (p.note || tickets.HasNote(cmds))
	if !note && !mayAct(&q.visitor, actAnswer, q.ticket, nil) {
		t, err := s.Desk.FollowUp(q.Context(), n, in)
		return t, nil, err
	}
	if len(problems) > 0 {
		return nil, problems, nil
	}
	in.Reply = rest
	if p.note {
		cmds = append(cmds, tickets.Command{Verb: tickets.VerbNote})
	}
	t, err := s.Desk.Answer(q.Context(), n, in, cmds, nil)
	if refused := (desk.Refused{}); errors.As(err, &refused) {
		return nil, refused.Problems, nil
	}
	return t, nil, err
}

// incoming makes of the box what a mail would be.
func (s *Server) incoming(q *request, p posted) (tickets.Incoming, error) {
	t := q.ticket
	name := ""
	for _, part := range t.Participants {
		if tickets.NormalAddress(part.Address) == q.visitor.address {
			name = part.Name
		}
	}
	in := tickets.Incoming{
		Arrival: tickets.Arrival{Mailbox: "web", Received: s.Now(), Key: requestKey(q.visitor.address, t.Number, p.key)},
		Author:  q.author(name), Subject: t.Subject, Text: p.text, Reply: p.text, Attachments: p.files,
		At: s.Now(), Why: "written on the ticket's page",
	}
	// A letter that answers this is threaded, in its reader's mail client, below
	// the mails that came before.
	in.MessageID = in.Key[len(keyPrefix):len(keyPrefix)+32] + ".web@" + tickets.DomainOf(q.catalogue.Gateway.Address)
	for i := len(t.Messages) - 1; i >= 0 && in.InReplyTo == ""; i-- {
		if m := &t.Messages[i]; m.MessageID != "" && !m.Internal {
			in.InReplyTo = m.MessageID
			in.References = append(append([]string{}, m.References...), m.MessageID)
		}
	}
	return in, s.withFiles(q, &in, p.files)
}

// withFiles keeps the files that came along in a mail of our own making, which
// is where attachments are read from.
func (s *Server) withFiles(q *request, in *tickets.Incoming, files []tickets.Attachment) error {
	if len(files) == 0 {
		return nil
	}
	raw, err := asMail(q.catalogue, in)
	if err != nil {
		return err
	}
	in.Raw, in.Size = raw, int64(len(raw))
	return nil
}

const keyPrefix = "web "

// requestKey is the content key of a post. Whatever key the form carries, it
// can only ever equal another one of the same person and ticket: nobody can
// take the key of a mail that is still to come.
func requestKey(address string, n tickets.Number, key string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "reply\x00%s\x00%d\x00%s", address, n, key))
	return keyPrefix + hex.EncodeToString(sum[:])
}

// readReply reads the form. Files go to memory, since that is where the
// transaction takes them from, and never to a disk.
func readReply(q *request) (p posted, err error) {
	reader, err := q.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) {
		if err := parseForm(q); err != nil {
			return p, err
		}
		for field := range q.PostForm {
			if err := p.set(field, q.PostForm.Get(field)); err != nil {
				return p, err
			}
		}
		return p, nil
	} else if err != nil {
		return p, errors.Join(errBadForm, err)
	}
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return p, nil
		} else if err != nil {
			return p, errors.Join(errBadForm, err)
		}
		if err := p.read(part); err != nil {
			return p, errors.Join(errBadForm, err)
		}
	}
}

func (p *posted) read(part *multipart.Part) error {
	if part.FormName() != "files" {
		value, err := io.ReadAll(io.LimitReader(part, maxText+1))
		if err == nil {
			err = p.set(part.FormName(), string(value))
		}
		return err
	}
	if part.FileName() == "" {
		return nil // nothing was chosen
	}
	if len(p.files) == maxFiles {
		return fmt.Errorf("more than %d files", maxFiles)
	}
	data, err := io.ReadAll(part)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	p.files = append(p.files, tickets.Attachment{
		Filename: fileName(part.FileName()), ContentType: declared(part.Header.Get("Content-Type")),
		Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:]), Data: data,
		Part: strconv.Itoa(len(p.files) + 2), // the first part is the text
	})
	return nil
}

func (p *posted) set(field, value string) error {
	if len(value) > maxText {
		return &http.MaxBytesError{Limit: maxText}
	}
	switch field {
	case "key":
		if len(value) <= maxKey {
			p.key = value
		}
	case "text":
		value = strings.ReplaceAll(strings.ToValidUTF8(value, "\uFFFD"), "\r\n", "\n")
		p.text = strings.TrimSpace(value)
	case "note":
		p.note = value != ""
	default:
		if p.values == nil {
			p.values = url.Values{}
		}
		if len(p.values) < maxFields {
			p.values.Set(field, value)
		}
	}
	return nil
}

// declared is the type that a browser says a file has. What would be read as
// parts within parts is only bytes.
func declared(contentType string) string {
	t, _, err := mime.ParseMediaType(contentType)
	if err != nil || strings.HasPrefix(t, "multipart/") || strings.HasPrefix(t, "message/") {
		return "application/octet-stream"
	}
	return t
}

// fileName makes a name harmless and short. Some browsers send the whole path.
func fileName(name string) string {
	const enough = 120
	name = oneLine(name[strings.LastIndexAny(name, `/\`)+1:])
	if len(name) > enough {
		name = strings.ToValidUTF8(name[:enough], "")
	}
	return name
}

// refused names the files that are not taken.
func refused(q *request, files []tickets.Attachment) string {
	var names []string
	for _, f := range files {
		if q.catalogue.RefusesFile(f.Filename) {
			names = append(names, oneLine(f.Filename))
		}
	}
	return strings.Join(names, ", ")
}

// problem says why a command could not be followed, as the letter does that
// answers it in a mail.
func (s *Server) problem(q *request, p tickets.CommandProblem) string {
	if p.Why == tickets.ProblemUnknown && p.Nearest != "" {
		return s.Templates().Text(string(q.locale), "command.nearest", oneLine(p.Line), p.Nearest)
	}
	return s.Templates().Text(string(q.locale), "command."+string(p.Why), oneLine(p.Line))
}
