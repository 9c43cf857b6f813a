package gateway

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"respon/tickets"
	"respon/tickets/store"
	"respon/tickets/store/storetest"
)

var (
	leakSeed  = flag.Uint64("leakseed", 5000, "seed of TestNothingLeaks; 0: a new one, which is printed")
	leakStory = flag.Int("leaks", 500, "stories of TestNothingLeaks; a tenth with -short")
)

// storiesInTown is how many stories happen in one town. They share its
// technicians and requesters, so that each story's secrets are looked for in the
// mails and pages of all that follow.
const storiesInTown = 10

// TestNothingLeaks lets people write at random: clerks of two town halls, an
// outsider, two technicians, robots, and people who pretend to be one of them. All
// that anybody writes has a word of its own in it. In the end no mail to somebody who is
// no technician and no page she can see may hold
//
//   - a word of a note, or of what was kept internal,
//   - a word that somebody wrote in a matter that she has no part in, or
//     wrote before she had,
//   - a technician's address, or that of somebody with whom she shares no matter.
//
// Who has a part is counted by this test itself. Words that were meant for
// somebody must have reached her, so that the test cannot pass by doing nothing.
func TestNothingLeaks(t *testing.T) {
	seed := *leakSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	stories := *leakStory
	if testing.Short() {
		stories /= 10
	}
	towns := (stories + storiesInTown - 1) / storiesInTown
	var arrived, kept, asked atomic.Int64
	t.Run("towns", func(t *testing.T) {
		for i := range towns {
			t.Run(fmt.Sprintf("seed=%d", seed+uint64(i)), func(t *testing.T) {
				t.Parallel()
				k := newLeak(t, seed+uint64(i))
				for range min(storiesInTown, stories-i*storiesInTown) {
					k.story()
				}
				k.audit()
				arrived.Add(int64(k.arrived))
				kept.Add(int64(k.kept))
				asked.Add(int64(k.asked))
				if t.Failed() {
					t.Logf("repeat it with: -leakseed %d -leaks %d\n%s", k.seed, storiesInTown, strings.Join(k.told, "\n"))
				}
			})
		}
	})
	t.Logf("seed %d: %d stories, %d words arrived where they were meant to, %d secrets stayed, %d commands obeyed", seed, stories, arrived.Load(), kept.Load(), asked.Load())
	for what, n := range map[string]int64{"words that arrived": arrived.Load(), "secrets": kept.Load(), "commands": asked.Load()} {
		if n < int64(stories)*3/4 {
			t.Errorf("%d %s in %d stories: too few for this test to say anything", n, what, stories)
		}
	}
}

// The people of the stories. Nobody of another town hall is anybody's colleague.
var (
	requesters  = []string{"maria@alfafar.example", "eva@alfafar.example", "rosa@burjassot.example", "luis@other.example"}
	technicians = []string{"ana@town.example", "pere@town.example"}
)

// word is what one person wrote once.
type word struct {
	text, by, what string
	may            map[string]bool // who may read it, technicians aside
	of             []*matter       // of a subject: all who have a part by now may
}

// leak is a town under observation.
type leak struct {
	*town
	seed    uint64
	dice    *rand.Rand
	words   map[string]*word
	matters map[tickets.Number]*matter
	inbox   map[string][]*sent // what each person got
	verbs   []tickets.Verb
	last    string   // the mail that was sent last
	told    []string // what happened, for the log

	arrived, kept, asked int
}

// matter is what this test knows of a ticket: who has a part in it. Tickets that
// were merged are one matter.
type matter struct {
	parts map[string]bool
	wrote map[string]bool // colleagues, whose names stand above what they wrote
	// twins were merged with it, though their people may not know of each other:
	// a technician's words go to each of them, and nobody else's do.
	twins []*matter
}

// audience are all whom a technician's words in a matter reach.
func (m *matter) audience() map[string]bool {
	all, todo, done := map[string]bool{}, []*matter{m}, map[*matter]bool{}
	for len(todo) > 0 {
		one := todo[0]
		if todo = todo[1:]; !done[one] {
			done[one], todo = true, append(todo, one.twins...)
			maps.Copy(all, one.parts)
		}
	}
	return all
}

func newLeak(t *testing.T, seed uint64) *leak {
	var key [32]byte
	copy(key[:], strconv.FormatUint(seed, 10))
	k := &leak{
		town: newTownOf(t, storetest.SQLite(t), rand.NewChaCha8(key), "RESPON_INTAKE_TRUSTED_AUTHSERV=mx.town.example", "RESPON_SLA_P4_FIRST_ANSWER=30m"),
		seed: seed, dice: rand.New(rand.NewPCG(seed, 1)), words: map[string]*word{}, matters: map[tickets.Number]*matter{},
		inbox: map[string][]*sent{}, verbs: verbsOfTheCode(t),
	}
	k.edit("[[category]]", "[[entity]]\nname = \"Burjassot\"\ndomains = [\"burjassot.example\"]\n\n[[category]]")
	return k
}

// story is a few things that happen.
func (k *leak) story() {
	k.pass(2 * time.Hour)
	k.newMail(pick(k, requesters))
	for range 4 + k.dice.IntN(8) {
		k.pass(time.Duration(1+k.dice.IntN(40)) * time.Minute)
		pick(k, events).happen(k)
		k.collect()
	}
}

func pick[T any](k *leak, list []T) T { return list[k.dice.IntN(len(list))] }

// chance is true once in n times.
func (k *leak) chance(n int) bool { return k.dice.IntN(n) == 0 }

// say makes a word that these people may read.
func (k *leak) say(by, what string, may map[string]bool) string {
	w := &word{text: fmt.Sprintf("kq%06dx%dqk", len(k.words), k.dice.IntN(1000)), by: by, what: what, may: maps.Clone(may)}
	if w.may == nil {
		w.may = map[string]bool{}
	}
	if len(w.may) == 0 {
		k.kept++
	}
	k.words[w.text] = w
	return w.text
}

// collect gives the letters that were written to those who got them.
func (k *leak) collect() (list []*sent) {
	k.Helper()
	list = k.letters()
	for _, l := range list {
		k.inbox[l.to] = append(k.inbox[l.to], l)
		k.inspect("a mail to "+l.to+", "+string(l.kind), l.to, l.everything())
	}
	return list
}

// reached reports that somebody got a word, which must be so.
func (k *leak) reached(list []*sent, to, text string) {
	k.Helper()
	for _, l := range list {
		if l.to == to && strings.Contains(l.everything(), text) {
			k.arrived++
			return
		}
	}
	k.Errorf("%s was not sent %q (%s by %s)", to, text, k.words[text].what, k.words[text].by)
}

// everything is all that a reader could find in a letter.
func (l *sent) everything() string {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(string(l.raw), "=\r\n", ""))
	for _, f := range l.Header {
		b.WriteString("\n" + f.Name + ": " + f.Value)
	}
	b.WriteString("\n" + l.Subject + "\n" + l.Text + "\n" + l.HTML)
	for _, a := range l.Attachments {
		b.WriteString("\n" + a.Filename + "\n")
		b.Write(a.Data)
	}
	return b.String()
}

var (
	wordForm    = regexp.MustCompile(`kq\d{6}x\d+qk`)
	addressForm = regexp.MustCompile(`[a-z0-9+]+@(?:town|alfafar|burjassot|other)\.example`)
)

// inspect looks through something that a person sees.
func (k *leak) inspect(where, who, text string) {
	k.Helper()
	if slices.Contains(technicians, who) {
		return
	}
	for _, found := range wordForm.FindAllString(text, -1) {
		if w := k.words[found]; w != nil && w.by != who && !w.may[who] && !slices.ContainsFunc(w.of, func(m *matter) bool { return m.parts[who] }) {
			k.Errorf("LEAK: %s: %s by %s: %s", where, w.what, w.by, found)
			w.by = who // once is enough
		}
	}
	for _, address := range addressForm.FindAllString(strings.ToLower(text), -1) {
		if slices.Contains(technicians, address) || slices.Contains(requesters, address) && address != who && !k.share(address, who) {
			k.Errorf("LEAK: %s: the address %s", where, address)
		}
	}
}

// share reports whether b may know a's address: they have a matter in common.
func (k *leak) share(a, b string) bool {
	for _, m := range k.matters {
		if m.parts[b] && (m.parts[a] || m.wrote[a]) {
			return true
		}
	}
	return false
}

// audit walks all pages that each person can reach.
func (k *leak) audit() {
	k.Helper()
	numbers := slices.Sorted(maps.Keys(k.matters))
	for _, who := range requesters {
		session := k.signIn(who)
		read := 0
		todo, done := []string{"/", "/tickets", "/queue", "/board", "/help", "/new"}, map[string]bool{}
		for _, n := range numbers {
			todo = append(todo, fmt.Sprintf("/tickets/BR-%d", n))
		}
		for len(todo) > 0 {
			path := todo[0]
			if todo = todo[1:]; done[path] || strings.Contains(path, "lang=") {
				continue
			}
			done[path] = true
			w := k.page(path, session)
			page := w.Body.String()
			k.inspect("page "+path+" of "+who, who, page)
			for _, m := range hrefs.FindAllStringSubmatch(page, -1) {
				todo = append(todo, strings.ReplaceAll(m[1], "&amp;", "&"))
			}
			if n, ok := strings.CutPrefix(path, "/tickets/BR-"); ok && w.Code == http.StatusOK {
				read += len(wordForm.FindAllString(page, -1))
				if m := k.matters[numberOf(n)]; m != nil && !m.parts[who] {
					k.Errorf("LEAK: %s sees the page %s", who, path)
				}
			}
		}
		if l, _ := k.letterAbout(who); read == 0 && l != nil {
			k.Errorf("%s reads nothing on her pages", who)
		}
		k.arrived += read
		k.search(who, session)
	}
}

var hrefs = regexp.MustCompile(`href="(/[^"#]*)"`)

func numberOf(s string) (n tickets.Number) {
	if _, err := fmt.Sscanf(s, "%d", &n); err != nil {
		return 0
	}
	return n
}

// search looks for some of others' words, among one's own tickets.
func (k *leak) search(who string, session *http.Cookie) {
	k.Helper()
	secrets := slices.Sorted(maps.Keys(k.words))
	for range 20 {
		w := k.words[pick(k, secrets)]
		page := k.page("/tickets?q="+url.QueryEscape(w.text), session).Body.String()
		if strings.Contains(page, "/tickets/BR-") && w.by != who && !w.may[who] && w.of == nil {
			k.Errorf("LEAK: a search of %s finds %s by %s", who, w.what, w.by)
		}
	}
}

// placed gives the ticket that holds a word, and whether it is internal there.
func (k *leak) placed(text string) (n tickets.Number, internal bool) {
	k.Helper()
	k.view(func(tx *store.Tx) error {
		for n = tickets.Number(k.newest()); n > 0; n-- {
			list, err := tx.Messages(k.Context(), n)
			if err != nil {
				return err
			}
			for _, m := range list {
				if m.Direction == tickets.In && strings.Contains(m.Subject+m.Text, text) {
					internal = m.Internal
					return nil
				}
			}
		}
		return nil
	})
	return n, internal
}

// newest is the number of the last ticket.
func (k *leak) newest() (n tickets.Number) {
	k.Helper()
	k.view(func(tx *store.Tx) error {
		list, err := tx.List(k.Context(), store.Filter{Limit: 1})
		if len(list) > 0 {
			n = list[0].Number
		}
		return err
	})
	return n
}
