package config

import (
	"crypto/x509"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"

	"respon/tickets"
)

// validator checks what several keys say together. It runs after all values
// were read, so that those are sound or already reported.
type validator struct {
	*document
	*Config
}

// peek opens a table that was read already.
func (d *document) peek(name string) *table {
	t := &table{doc: d, path: name, shown: name, env: "RESPON_" + strings.ToUpper(name) + "_"}
	t.values, _ = d.values[name].(map[string]any)
	return t
}

// tokenRoom is what a mail address has left for the gateway's local part: 64
// octets (RFC 5321, section 4.5.3.1.1) less "+" and a token.
const tokenRoom = 64 - 43

// secretSize is the least number of random bytes, those of the MAC's key.
const secretSize = 32

func (v validator) gateway(t *table) {
	g := &v.Gateway
	local, _, _ := strings.Cut(g.Address, "@")
	if g.PlusAddressing && len(local) > tokenRoom {
		t.fail("address", "%q has %d letters before the @, and a reply token leaves room for %d; use a shorter address or plus_addressing = false",
			g.Address, len(local), tokenRoom)
	}
	if g.PlusAddressing && strings.Contains(local, "+") {
		t.fail("address", "%q has a + already; use a plain address or plus_addressing = false", g.Address)
	}
	seen := map[string]bool{strings.ToLower(g.Address): true}
	for _, a := range g.Aliases {
		if seen[strings.ToLower(a)] {
			t.fail("aliases", "%q stands there twice or is the address itself; leave it out", a)
		}
		seen[strings.ToLower(a)] = true
	}
	if u, err := url.Parse(g.BaseURL); err == nil && u.Scheme == "http" && !isLoopback(u.Hostname()) {
		t.warn("base_url", "links with tokens would travel unprotected; use https")
	}
	v.secret(t)
}

func (v validator) secret(t *table) {
	key := "secret"
	if path, ok := t.get("secret_file"); ok && path != "" {
		key = "secret_file"
	}
	if v.Gateway.Secret == "" {
		if key == "secret" {
			t.fail(key, `missing; write the output of "openssl rand -base64 32"`)
		}
		return // what is wrong with the file is reported
	}
	if s, ok := t.get("secret"); ok && s != "" {
		key = "secret"
	}
	switch raw, err := decodeSecret(string(v.Gateway.Secret)); {
	case err != nil:
		t.fail(key, `is not base64; write the output of "openssl rand -base64 32"`)
	case len(raw) < secretSize:
		t.fail(key, `holds %d bytes, and %d are needed; write the output of "openssl rand -base64 32"`, len(raw), secretSize)
	case len(slices.Compact(slices.Sorted(slices.Values(raw)))) < 8:
		t.fail(key, `is not random; write the output of "openssl rand -base64 32"`)
	}
}

func (v validator) mailboxes(ts []*table) {
	if _, ok := v.values["mailbox"]; !ok {
		v.fail(Place{File: v.file}, "mailbox", "missing; write at least one [[mailbox]] with host, username and password")
	}
	names, accounts := map[string]bool{}, map[string]bool{}
	for i, t := range ts {
		m := v.Mailbox[i]
		v.connection(t, m.Host, m.Port, m.Security, m.CAFile)
		if m.Name != "" && names[m.Name] {
			t.fail("name", "%q is the name of two mailboxes; each needs its own", cut(m.Name))
		}
		names[m.Name] = true
		account := strings.ToLower(m.Host + "\x00" + m.Username + "\x00" + m.Folder)
		if accounts[account] && m.Username != "" {
			t.fail("folder", "%q of this account is read by two mailboxes; each mail would be taken twice", cut(m.Folder))
		}
		accounts[account] = true
		if strings.EqualFold(m.Processed, m.Folder) {
			t.fail("processed", `is the folder that is read, %q; write another, or "" to leave mails in place`, cut(m.Folder))
		}
		if strings.EqualFold(m.Quarantine, m.Folder) || m.Quarantine == m.Processed {
			t.fail("quarantine", "%q has another use already; write a folder of its own", cut(m.Quarantine))
		}
	}
}

// connection checks a server's protection.
func (v validator) connection(t *table, host string, port int, s Security, ca string) {
	if s == NoTLS && host != "" && !isLoopback(host) {
		t.fail("security", `"none" would send the password to %s in the clear; "tls" or "starttls"`, cut(host))
	}
	plain := port == 143 || port == 25 || port == 587
	if s == TLS && plain {
		t.warn("port", `servers speak "starttls" on %d as a rule, and "tls" on 993 or 465`, port)
	}
	if s != TLS && (port == 993 || port == 465) {
		t.warn("port", `servers speak "tls" on %d as a rule`, port)
	}
	if ca == "" {
		return
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.fail("ca_file", "%s", plainError(err))
	} else if !x509.NewCertPool().AppendCertsFromPEM(pem) {
		t.fail("ca_file", "%s holds no certificate in PEM form", cut(ca))
	}
}

func (v validator) intake(t *table) {
	if v.Intake.Policy == "entities" && len(v.Entity) == 0 {
		t.warn("policy", `"entities" lets nobody in while there is no [[entity]]`)
	}
}

func (v validator) entities(ts []*table) {
	owner := map[string]string{}
	for i, t := range ts {
		for n, d := range v.Entity[i].Domains {
			if other, taken := owner[d]; taken {
				t.failElement("domains", n, "%q belongs to %q already; a domain has one entity", cut(d), cut(other))
			}
			owner[d] = v.Entity[i].Name
		}
	}
}

// categories checks that a word people put into a subject means one category.
func (v validator) categories(ts []*table) {
	owner, ids := map[string]string{}, map[string]bool{}
	for i, t := range ts {
		c := v.Category[i]
		if ids[c.ID] && c.ID != "" {
			t.fail("id", "%q is the id of two categories; each needs its own", c.ID)
			continue
		}
		ids[c.ID] = true
		claim := func(key, word string) {
			w := tickets.Fold(word)
			if other, taken := owner[w]; taken && other != c.ID {
				t.fail(key, "%q means %s already; one word, one category", cut(word), other)
			} else if w != "" {
				owner[w] = c.ID
			}
		}
		claim("id", c.ID)
		for _, l := range slices.Sorted(maps.Keys(c.Name)) {
			if l == Spanish || c.Name[l] != c.Name[Spanish] {
				claim("name", c.Name[l])
			}
		}
		for _, a := range c.Aliases {
			claim("aliases", a)
		}
		v.members(t, c)
	}
}

// members checks that a category's technicians exist.
func (v validator) members(t *table, c Category) {
	known := make([]string, len(v.Technician))
	for i, tech := range v.Technician {
		known[i] = tech.ID
	}
	for n, id := range c.Technicians {
		if !slices.Contains(known, id) {
			t.failElement("technicians", n, "%q: %s", id, unknown("technician", id, known))
		}
	}
}

func (v validator) technicians(ts []*table) {
	if len(ts) == 0 {
		v.warn(Place{File: v.file}, "technician", "there is none, nobody gets the tickets; write a [[technician]]")
		return
	}
	ours := map[string]bool{strings.ToLower(v.Gateway.Address): true}
	for _, a := range v.Gateway.Aliases {
		ours[strings.ToLower(a)] = true
	}
	ids, emails, fallback := map[string]bool{}, map[string]bool{}, false
	for i, t := range ts {
		tech := v.Technician[i]
		email := strings.ToLower(tech.Email)
		fallback = fallback || tech.Default
		switch {
		case tech.ID != "" && ids[tech.ID]:
			t.fail("id", "%q is the id of two technicians; each needs her own", tech.ID)
		case email != "" && emails[email]:
			t.fail("email", "%q is the address of two technicians; each needs her own", tech.Email)
		case email != "" && ours[email]:
			t.fail("email", "%q is the gateway itself; write the technician's own address", tech.Email)
		}
		ids[tech.ID], emails[email] = true, true
	}
	if !fallback {
		ts[0].doc.warn(ts[0].place("default"), "technician.default",
			"nobody has it, tickets that no category claims go to all; write default = true for one")
	}
}
