package ingest

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/dkim"
)

// DKIM checks signatures (RFC 6376) by itself, for where no trusted server says
// anything of a mail. It is the only part of the intake that asks the network.
type DKIM struct {
	// LookupTXT asks the DNS; it is net.Resolver's.
	LookupTXT func(ctx context.Context, name string) ([]string, error)
}

const (
	dkimTimeout    = 10 * time.Second // for all of a mail's signatures
	maxSignatures  = 3
	dkimKeyDivider = "._domainkey."
)

// Fields by which a mail does something with us. One that no signature covers may
// have been put there by whoever sent a signed mail once more.
// Those of MIME are left out, since large providers do not sign them: they cut
// signed bytes in another way, no more.
var actingFields = []string{"From", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References"}

// testingKey knows a key with which a domain is only trying things out: its
// signatures count as none (section 3.6.1, t=y).
var testingKey = regexp.MustCompile(`(?i)(?:^|;)\s*t\s*=[^;]*\by\b`)

var (
	errForeign = errors.New("the signature is of another domain")
	errTesting = errors.New("the key is only for testing")
)

// vouches reports whether a signature of the domain that a mail is from covers all
// that the mail says. Whatever goes wrong, it does not.
func (d *DKIM) vouches(ctx context.Context, raw []byte, m *Message, domain string) bool {
	signatures := m.Header.Values("DKIM-Signature")
	if len(signatures) == 0 || len(signatures) > maxSignatures || partialSignature(signatures) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, dkimTimeout)
	defer cancel()
	raw = bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	checked, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{
		LookupTXT: func(name string) ([]string, error) { return d.key(ctx, name, domain) }, MaxVerifications: maxSignatures,
	})
	return err == nil && slices.ContainsFunc(checked, func(v *dkim.Verification) bool {
		return v.Err == nil && alignedWith(v.Domain, domain) && covers(v.HeaderKeys, m.Header)
	})
}

// key fetches a key of From's domain. Others' are not asked for: whoever writes to
// us chooses where we would ask.
func (d *DKIM) key(ctx context.Context, name, domain string) ([]string, error) {
	_, signer, ok := strings.Cut(name, dkimKeyDivider)
	if !ok || !alignedWith(strings.TrimSuffix(signer, "."), domain) {
		return nil, errForeign
	}
	records, err := d.LookupTXT(ctx, name)
	if err == nil && slices.ContainsFunc(records, testingKey.MatchString) {
		return nil, errTesting
	}
	return records, err
}

// covers reports whether each of the acting fields that a mail has is signed as
// often as it stands there.
func covers(signed []string, h Header) bool {
	for _, name := range actingFields {
		n := 0
		for _, s := range signed {
			if strings.EqualFold(strings.TrimSpace(s), name) {
				n++
			}
		}
		if n < len(h.Values(name)) {
			return false
		}
	}
	return true
}
