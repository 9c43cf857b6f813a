package ingest

import (
	"errors"

	"respon/tickets"
)

// ErrNothing: not one header field with a value could be made out, and no text.
var ErrNothing = errors.New(tickets.CauseNothing)

// Limits that hold before and while a mail is read. They bound what a hostile
// mail costs; a limit that is met is a problem of the mail, never an error.
const (
	maxHeader    = 256 << 10 // bytes of a header, of the mail or of a part
	maxFields    = 1000
	maxField     = 64 << 10
	maxAddresses = 1000 // of one field; a mail to all town halls has 260

	maxDepth       = 50 // multiparts in multiparts
	maxParts       = 2000
	maxParameters  = 100
	maxGuesses     = 20        // of boundaries, each of which reads the rest of a part
	maxForms       = 8         // of one text, that are compared with each other
	maxText        = 12 << 20  // of decoded text, in all
	maxReply       = 512 << 10 // of text in which quotations are looked for
	maxAttachments = 1000
	maxFileName    = 250 // what the file systems of this world can hold, in bytes

	maxTNEFObjects  = 50
	maxTNEFProps    = 1000
	maxTNEFDepth    = 3 // mails in mails
	maxRTFDepth     = 200
	maxRTFFonts     = 1000
	maxBERDepth     = 16
	maxCalendar     = 1 << 20
	maxCalendarRows = 20_000
)

// Problems a technician may read: one sentence for each defect met.
const (
	longHeader     = "The header is longer than is read; the rest of it is left out."
	strayLines     = "There are lines in the header that are no fields."
	noHeader       = "There is no header; the mail is shown as text."
	noFrom         = "There is no From with an address."
	oddFrom        = "From is not exactly one plain address."
	noDate         = "There is no Date that can be read."
	manyAddresses  = "A field holds more addresses than are read."
	deepParts      = "The parts of this mail are nested deeper than is read; the innermost are left as they came."
	manyParts      = "There are more parts than are read; what follows them is left out."
	noBoundary     = "A multipart does not say or does not keep its boundary; its parts were guessed."
	noParts        = "A multipart has no parts; it is shown as text."
	unclosed       = "A multipart is not closed; the mail may be cut short."
	badBase64      = "Something is not proper base64; what could be decoded is shown."
	badEncoding    = "A transfer encoding is not known; the part is shown as it came."
	unknownCharset = "A charset is not known or is not the one that is named; the text was read as what it looks like."
	longText       = "The text is longer than is shown."
	longReply      = "The text is too long to look for what is quoted in it; all of it counts as new."
	manyFiles      = "There are more attachments than are listed."
	unsureReply    = "What is new in the text cannot be told from what is quoted; all of it counts as new."
	badTNEF        = "A winmail.dat could not be read to its end."
	badSMIME       = "A signed part could not be opened."
	unverified     = "A signature wraps the mail; it was opened and not verified."
	encrypted      = "The mail is encrypted; it is kept as it came."
)
