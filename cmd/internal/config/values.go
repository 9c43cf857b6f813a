package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a container often has no time zones of its own
	"unicode"

	"github.com/robfig/cron/v3"
)

// The functions of this file read one value each. An error says what is wrong
// and what would be right, without naming the key.

var errNoAddress = errors.New(`is no plain mail address; write it as "ana@dival.example"`)

// parseAddress takes a plain dot-atom@domain (RFC 5322, section 3.4.1) and
// nothing else: quoted local parts and comments can carry SMTP parameters
// through somebody's parser.
func parseAddress(s string) (string, error) {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(local) > 64 || len(s) > 254 || !isDotAtom(local) {
		return "", fmt.Errorf("%q %w", cut(s), errNoAddress)
	}
	domain, err := parseDomain(domain)
	if err != nil {
		return "", fmt.Errorf("%q %w", cut(s), errNoAddress)
	}
	return local + "@" + domain, nil
}

func isDotAtom(s string) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
		}) {
			return false
		}
	}
	return true
}

// parseDomain takes a domain, in any script, and gives it in lower case.
func parseDomain(s string) (string, error) {
	if strings.HasPrefix(s, "@") || strings.HasPrefix(s, "*.") {
		return "", fmt.Errorf("%q is a pattern; write the domain alone, as in %q", cut(s), strings.TrimLeft(cut(s), "@*."))
	}
	if len(s) > 253 {
		return "", fmt.Errorf("%q is too long for a domain", cut(s))
	}
	for label := range strings.SplitSeq(s, ".") {
		if !isLabel(label) {
			return "", fmt.Errorf(`%q is no domain; write it as "alfafar.example"`, cut(s))
		}
	}
	return strings.ToLower(s), nil
}

func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func parseHost(s string) (string, error) {
	if _, err := netip.ParseAddr(s); err == nil {
		return s, nil
	}
	if host, port, err := net.SplitHostPort(s); err == nil && host != "" {
		return "", fmt.Errorf("%q has the port in it; write host = %q and port = %s", cut(s), cut(host), cut(port))
	}
	if _, err := parseDomain(s); err != nil {
		return "", fmt.Errorf(`%q is no host; write its name or address, as in "imap.dival.example"`, cut(s))
	}
	return s, nil
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && a.IsLoopback()
}

func parseLocale(s string) (string, error) {
	switch strings.ToLower(s) {
	case Spanish, English:
		return strings.ToLower(s), nil
	case "ca", Valencian:
		return Valencian, nil
	}
	return "", fmt.Errorf("%q is no language of respon; es, ca-valencia (short: ca) or en", cut(s))
}

func parseLocation(s string) (*time.Location, error) {
	l, err := time.LoadLocation(s)
	// "" and "Local" are names to Go, but would mean what the machine means.
	if err != nil || s == "" || s == "Local" {
		return nil, fmt.Errorf(`%q is no time zone; write it as "Europe/Madrid"`, cut(s))
	}
	return l, nil
}

var prefixPattern = regexp.MustCompile(`^[A-Z]{1,8}$`)

func parsePrefix(s string) (string, error) {
	if prefixPattern.MatchString(s) {
		return s, nil
	}
	if up := strings.ToUpper(s); prefixPattern.MatchString(up) {
		return "", fmt.Errorf("%q is not in capitals; write %q", s, up)
	}
	return "", fmt.Errorf(`%q is no prefix; write 1 to 8 capitals (A to Z), as in "BR"`, cut(s))
}

var idPattern = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?$`)

func parseID(s string) (string, error) {
	if !idPattern.MatchString(s) {
		return "", fmt.Errorf(`%q is no id; write 1 to 40 of a-z, 0-9, - _ . as in "ana"`, cut(s))
	}
	return s, nil
}

// parseBaseURL gives it without the slash at the end, so that paths can be
// added to it.
func parseBaseURL(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "" ||
		u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#") || strings.ContainsAny(s, " \"<>") {
		return "", fmt.Errorf(`%q is no address of a web page; write it as "https://respon.dival.example"`, cut(s))
	}
	return strings.TrimRight(s, "/"), nil
}

func parseTokenURL(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return "", fmt.Errorf("%q is no https address; write the token endpoint of your provider", cut(s))
	}
	return s, nil
}

func parseListen(s string) (string, error) {
	host, port, err := net.SplitHostPort(s)
	n, perr := strconv.Atoi(port)
	if err == nil && perr == nil && n >= 0 && n <= 65535 {
		if host == "" {
			return s, nil
		}
		if _, err := parseHost(host); err == nil {
			return s, nil
		}
	}
	return "", fmt.Errorf(`%q is no address to listen on; write host and port, as in "127.0.0.1:8080"`, cut(s))
}

// parseNetwork takes a network or a single address.
func parseNetwork(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf(`%q is no network; write it as "10.1.0.0/16" or "10.1.2.3"`, cut(s))
	}
	return p.Masked(), nil
}

// duration takes a time span within bounds.
func duration(lowest, highest time.Duration) func(string) (time.Duration, error) {
	return func(s string) (time.Duration, error) {
		d, err := time.ParseDuration(s)
		if err != nil {
			if days, derr := strconv.Atoi(strings.TrimSuffix(s, "d")); derr == nil && strings.HasSuffix(s, "d") && days > 0 && days < 10000 {
				return 0, fmt.Errorf(`%q is no duration; write "%dh"`, s, 24*days)
			}
			return 0, fmt.Errorf(`%q is no duration; write it as "90s", "15m" or "72h"`, cut(s))
		}
		if d < lowest || d > highest {
			return 0, fmt.Errorf("%q is not between %s and %s", s, short(lowest), short(highest))
		}
		return d, nil
	}
}

// short writes a duration without the zeros at its end.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

var sizePattern = regexp.MustCompile(`^([0-9]{1,9}) ?(B|[kKMG]i?B)$`)

// size takes "30MB" (millions of bytes) or "30MiB" within bounds.
func size(lowest, highest int64) func(string) (int64, error) {
	units := map[string]int64{"B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}
	return func(s string) (int64, error) {
		m := sizePattern.FindStringSubmatch(s)
		if m == nil {
			return 0, fmt.Errorf(`%q is no size; write it as "30MB" or "30MiB"`, cut(s))
		}
		n, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil {
			return 0, err
		}
		n *= units[strings.ToUpper(m[2])]
		if n < lowest || n > highest {
			return 0, fmt.Errorf("%q is not between %d bytes and %d MB", s, lowest, highest/1e6)
		}
		return n, nil
	}
}

// parseCron takes what cron.ParseStandard takes, less what would surprise.
func parseCron(s string) (_ string, err error) {
	// ParseStandard panics on a time zone that nothing follows ("TZ=UTC").
	defer func() {
		if recover() != nil {
			err = fmt.Errorf(`%q is no schedule; write it as "@every 1m" or "*/5 * * * *"`, cut(s))
		}
	}()
	schedule, err := cron.ParseStandard(s)
	if err != nil {
		return "", fmt.Errorf(`%q is no schedule; write it as "@every 1m" or "*/5 * * * *"`, cut(s))
	}
	// A period below a second would silently become one.
	if every, ok := strings.CutPrefix(s, "@every "); ok {
		if d, err := time.ParseDuration(every); err != nil || d < time.Second {
			return "", fmt.Errorf(`%q is too often; write "@every 1s" or more`, s)
		}
	}
	// A fixed day with a leap year behind it: "30 February" never comes.
	if schedule.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return "", fmt.Errorf("%q never comes; such a day does not exist", s)
	}
	return s, nil
}

// oneOf takes one of some words.
func oneOf[T ~string](words ...T) func(string) (T, error) {
	return func(s string) (T, error) {
		names := make([]string, len(words))
		for i, w := range words {
			if string(w) == s {
				return w, nil
			}
			names[i] = string(w)
		}
		last := len(names) - 1
		return "", fmt.Errorf("%q is not possible; %s or %s", cut(s), strings.Join(names[:last], ", "), names[last])
	}
}

// notEmpty takes a text with something in it.
func notEmpty(s string) (string, error) {
	if strings.TrimSpace(s) == "" {
		return "", errors.New("is empty; write a text")
	}
	return s, nil
}

// plainError leaves "stat" and "open" out of an error of a file.
func plainError(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", cut(pe.Path), pe.Err)
	}
	return err
}
