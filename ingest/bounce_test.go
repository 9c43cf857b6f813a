package ingest

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/tools/txtar"

	"respon/tickets/desk"
)

const (
	fromDaemon = "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.dival.example>\nTo: batlia@dival.example\n"
	cameBack   = "Received: from dival.example\n\tby mx.example\nMessage-ID: <t.482.1@dival.example>\nTo: maria@alfafar.example\nSubject: [BR-482] Hola\n"
)

// A machine's mail that is invented after the habit of one mail system. want is
// its kind, then each recipient as "address status action reason", then what came back.
var machineMails = []struct{ name, mail, want string }{
	{"postfix: text alone, the report stripped by a gateway", fromDaemon + "Subject: Undelivered Mail Returned to Sender\n\nThis is the mail system at host mx.dival.example.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\nFor further assistance, please send mail to postmaster.\n\n<maria@alfafar.example>: host mx.alfafar.example[192.0.2.1] said: 550 5.1.1\n    <maria@alfafar.example>: Recipient address rejected: User unknown (in reply\n    to RCPT TO command)\n",
		"bounce; maria@alfafar.example 5.1.1 failed unknown_user; -"},
	{"qmail: two recipients, each with its own reason", fromDaemon + "Subject: failure notice\n\nHi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<maria@alfafar.example>:\n192.0.2.1 does not like recipient.\nRemote host said: 552 5.2.2 Mailbox full\nGiving up on 192.0.2.1.\n\n<pep@xativa.example>:\nSorry, I couldn't find any host named xativa.example. (#5.1.2)\n\n--- Below this line is a copy of the message.\n\n" + cameBack + "\nhola\n",
		"bounce; maria@alfafar.example 5.2.2 failed mailbox_full; pep@xativa.example 5.1.2 failed unknown_host; t.482.1@dival.example"},
	{"exim: refused for its sender", fromDaemon + "X-Failed-Recipients: maria@alfafar.example\nAuto-Submitted: auto-replied\nSubject: Mail delivery failed: returning message to sender\n\nThis message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  maria@alfafar.example\n    SMTP error from remote mail server after MAIL FROM:<batlia@dival.example> SIZE=1543:\n    host mx.alfafar.example [192.0.2.1]: 550 5.1.0 no such domain dival.example\n\n------ This is a copy of the message, including all the headers. ------\n\n" + cameBack + "\nhola\n",
		"bounce; maria@alfafar.example 5.1.0 failed blocked; t.482.1@dival.example"},
	{"exim: only delayed", fromDaemon + "Auto-Submitted: auto-replied\nSubject: Warning: message 1abc-0002 delayed 24 hours\n\nThis message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue.\n\nThe address to which the message has not yet been delivered is:\n\n  maria@alfafar.example\n    host mx.alfafar.example [192.0.2.1]\n    Delay reason: Connection timed out\n\nNo action is required on your part.\n",
		"bounce; maria@alfafar.example - delayed temporary; -"},
	{"gmail: the answer within a sentence", fromDaemon + "X-Failed-Recipients: maria@alfafar.example\nSubject: Delivery Status Notification (Failure)\n\nDelivery to the following recipient failed permanently:\n\n     maria@alfafar.example\n\nTechnical details of permanent failure:\nGoogle tried to deliver your message, but it was rejected by the recipient domain. The error that the other server returned was: 552 552 5.3.4 Message size exceeds fixed limit (state 18).\n\n----- Original message -----\n\n" + cameBack,
		"bounce; maria@alfafar.example 5.3.4 failed too_large; t.482.1@dival.example"},
	{"gmail in Spanish: the address within a sentence", "Return-Path: <>\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.example>\nTo: batlia@dival.example\nSubject: Delivery Status Notification (Failure)\n\n** No se ha encontrado la dirección **\n\nTu mensaje no se ha entregado a maria@alfafar.example porque no se ha encontrado la dirección o porque no puede recibir correo.\n",
		"bounce; maria@alfafar.example - failed unknown_user; -"},
	{"Exchange 2003: its own words for an unknown user", "From: System Administrator <postmaster@alfafar.example>\nTo: batlia@dival.example\nSubject: Undeliverable: Hola\n\nYour message\n\n  To:      batlia@dival.example\n  Subject: Hola\n\ndid not reach the following recipient(s):\n\nmaria@alfafar.example on Mon, 5 Jan 2026 10:00:00 +0100\n    The recipient name is not recognized\n",
		"bounce; maria@alfafar.example - failed unknown_user; -"},
	{"Exchange 2010 in Spanish: the address with its date", "Return-Path: <>\nFrom: Administrador del sistema <postmaster@alfafar.example>\nTo: batlia@dival.example\nSubject: No entregado: [BR-482] Hola\n\nSu mensaje no ha llegado a todos los destinatarios o a algunos de ellos.\n\n      Asunto: [BR-482] Hola\n      Enviado el: 12/01/2026 9:30\n\nNo se ha podido localizar a los siguientes destinatarios:\n\n      maria@alfafar.example el 12/01/2026 9:31\n            No existe la cuenta de correo en la organización.\n            <mail.alfafar.example #5.1.1 smtp;550 5.1.1 User unknown>\n",
		"bounce; maria@alfafar.example 5.1.1 failed unknown_user; -"},
	{"Office 365: the report has no diagnostic", fromDaemon + "Subject: No se puede entregar: Hola\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nError de entrega a estos destinatarios o grupos:\n\nmaria@alfafar.example<mailto:maria@alfafar.example>\nEl buzón del destinatario está lleno.\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822;maria@alfafar.example\nAction: failed\nStatus: 5.0.0\n\n--b--\n",
		"bounce; maria@alfafar.example 5.0.0 failed mailbox_full; -"},
	{"Notes: not in the directory", "From: Postmaster@alfafar.example\nTo: batlia@dival.example\nSubject: DELIVERY FAILURE: User maria (maria@alfafar.example) not listed in Domino Directory\n\nYour message\n\n  Subject: Hola\n\nwas not delivered to:\n\n  maria@alfafar.example\n\nbecause:\n\n  User maria (maria@alfafar.example) not listed in Domino Directory\n",
		"bounce; maria@alfafar.example - failed unknown_user; -"},
	{"Yahoo: a reply code on a line of its own", fromDaemon + "Subject: Failure Notice\n\nSorry, we were unable to deliver your message to the following address.\n\n<maria@alfafar.example>:\nRemote host said:\n554 5.7.1 Message blocked, see https://alfafar.example/user-unknown\n[RCPT_TO]\n\n--- Below this line is a copy of the message.\n\n" + cameBack,
		"bounce; maria@alfafar.example 5.7.1 failed blocked; t.482.1@dival.example"},
	{"a Japanese carrier: the mailbox is full", "From: no-reply@carrier.example\nTo: batlia@dival.example\nSubject: =?utf-8?b?44Oh44O844Or44Ko44Op44O86YCa55+l?=\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\nYour mail sent on: Mon, 5 Jan 2026\n     Could not be delivered to: <maria@alfafar.example>\n     As their mailbox is full.\n--b\nContent-Type: message/rfc822\n\n" + cameBack + "\nhola\n--b--\n",
		"bounce; maria@alfafar.example - failed mailbox_full; t.482.1@dival.example"},
	{"Google Groups: only the header names it", fromDaemon + "X-Failed-Recipients: grup@groups.example\nSubject: Delivery Status Notification (Failure)\n\nHola batlia@dival.example:\n\nEl grupo con el que has intentado contactar (grup) quizá no existe.\n\nGoogle Groups\n\n----- Original message -----\n\n" + cameBack,
		"bounce; grup@groups.example - failed unknown_user; t.482.1@dival.example"},
	{"old sendmail: the transcript is all there is", fromDaemon + "Subject: Returned mail: User unknown\n\n   ----- Transcript of session follows -----\nWhile talking to mx.alfafar.example:\n>>> RCPT To:<maria@alfafar.example>\n<<< 550 maria... User unknown\n550 <maria@alfafar.example>... User unknown\n\n   ----- Unsent message follows -----\n" + cameBack,
		"bounce; maria@alfafar.example - failed unknown_user; t.482.1@dival.example"},
	{"fields of a report written into the text", fromDaemon + "Subject: Delivery Status Notification (Failure)\n\nAn error occurred while trying to deliver the mail to the following recipients:\nmaria@alfafar.example\n\nTechnical report:\n\nAction: failed\nFinal-Recipient: rfc822; maria@alfafar.example\nDiagnostic-Code: smtp; 554 4.4.7 Message expired: unable to deliver in 840 minutes\nStatus: 4.4.7\n",
		"bounce; maria@alfafar.example 4.4.7 failed temporary; -"},
	{"MailMarshal: the reason above the address", "From: Postmaster <postmaster@dival.example>\nTo: batlia@dival.example\nSubject: Undeliverable Mail: \"Hola\"\n\nYour message could not be delivered because of\n\n550 5.7.1 Relaying denied\n\nThe following recipients were affected:\n    maria@alfafar.example\n",
		"bounce; maria@alfafar.example 5.7.1 failed blocked; -"},
	{"James: labels", fromDaemon + "Subject: [BOUNCE]\n\nHi. This is the James mail server at dival.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\nFailed recipient(s):\nmaria@alfafar.example\n\nError message:\n550 Requested action not taken: no such user here\n",
		"bounce; maria@alfafar.example - failed unknown_user; -"},
	{"IMail: a label in front of the address", "From: Postmaster <postmaster@dival.example>\nTo: batlia@dival.example\nSubject: Undeliverable Mail\n\nUnknown user: maria@alfafar.example\n\nOriginal message follows.\n\n" + cameBack,
		"bounce; maria@alfafar.example - failed unknown_user; t.482.1@dival.example"},
	{"SurfControl: the code behind a comma", "Return-Path: <>\nFrom: postmaster@dival.example\nTo: batlia@dival.example\nSubject: Mail Delivery Failure\n\nYour message could not be sent.\nAddressed To: maria@alfafar.example\n\nFailed to send to identified host,\nmaria@alfafar.example: [192.0.2.5], 552 maria@alfafar.example... Mailbox full\n\n--- Message non-deliverable.\n",
		"bounce; maria@alfafar.example - failed mailbox_full; -"},
	{"Biglobe: the reason below a ruler", "Return-Path: <>\nFrom: postmaster@dival.example\nTo: batlia@dival.example\nSubject: Returned mail: \n\n   ----- The following addresses had delivery problems -----\nmaria@alfafar.example\n\n   ----- Non-delivered information -----\nThe number of messages in recipient's mailbox exceeded the local limit.\n",
		"bounce; maria@alfafar.example - failed mailbox_full; -"},
	{"Exchange 2007: a code behind a hash", "Return-Path: <>\nFrom: Microsoft Exchange <exchange@alfafar.example>\nTo: batlia@dival.example\nSubject: Undeliverable: Hola\n\nDelivery has failed to these recipients or distribution lists:\n\nmaria@alfafar.example<mailto:maria@alfafar.example>\nThe recipient's e-mail address was not found.\n\nDiagnostic information for administrators:\n\nmaria@alfafar.example\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n\nOriginal message headers:\n\n" + cameBack,
		"bounce; maria@alfafar.example 5.1.1 failed unknown_user; t.482.1@dival.example"},
	{"the bounce's own recipient failed", fromDaemon + "Subject: failure notice\n\nI wasn't able to deliver your message to the following addresses.\n\n<batlia@dival.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n",
		"bounce; batlia@dival.example 5.1.1 failed unknown_user; -"},
	{"whom to ask is not who failed", fromDaemon + "Subject: Undelivered Mail Returned to Sender\n\nYour message could not be delivered. For further assistance, please contact\n<ayuda@dival.example>\n\n<maria@alfafar.example>: host 192.5.1.1 said: 451 try again later\n",
		"bounce; maria@alfafar.example - failed temporary; -"},
	{"a gateway that returns a bounce in a bounce", fromDaemon + "Subject: Returned mail\nContent-Type: multipart/mixed; boundary=o\n\n--o\n\n----- The following addresses had permanent delivery errors -----\n\n--o\nContent-Type: message/rfc822\n\nFrom: MAILER-DAEMON@x.example\nMessage-ID: <inner@x.example>\nContent-Type: multipart/report; report-type=delivery-status; boundary=i\n\n--i\n\nx\n--i\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; maria@alfafar.example\nAction: failed\nStatus: 5.1.1\n\n--i--\n--o--\n",
		"bounce; maria@alfafar.example 5.1.1 failed unknown_user; inner@x.example"},
	{"a report that confirms", fromDaemon + "Subject: Successful Mail Delivery Report\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nOriginal-Recipient: rfc822;<maria@alfafar.example>\nFinal-Recipient: rfc822; m.peris@alfafar.example\nAction: relayed (to the next)\nStatus: 2.0.0\n\n--b--\n",
		"bounce; maria@alfafar.example 2.0.0 relayed other; -"},
	{"a diagnostic broken into lines that are not indented", fromDaemon + "Subject: Mail Delivery Failure\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nDiagnostic-Code: smtp; 550-Please turn on authentication.\n550-mx.dival.example [192.0.2.1]:25 is not permitted to\n550 relay through this server.\nStatus: 5.0.0\nAction: failed\nFinal-Recipient: rfc822; maria@alfafar.example\n\n--b--\n",
		"bounce; maria@alfafar.example 5.0.0 failed blocked; -"},
	{"whom to ask, in Japanese", fromDaemon + "Subject: Undelivered Mail Returned to Sender\nContent-Type: text/plain; charset=utf-8\n\nThe message could not be delivered.\n\n上記のサイトでも解決できない場合は、<ayuda@dival.example>\nへご連絡ください。\n\n<maria@alfafar.example>: Host or domain name not found\n",
		"bounce; maria@alfafar.example - failed unknown_host; -"},
	{"5.7.1 for an unknown user", fromDaemon + "Subject: Undelivered\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; maria@alfafar.example\nAction: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp; 550 5.7.1 No such user\n\n--b--\n",
		"bounce; maria@alfafar.example 5.7.1 failed unknown_user; -"},

	{"a complaint", "From: fbl@provider.example\nSubject: complaint\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nx\n--b--\n", "report"},
	{"a read receipt that came to nobody", "From: maria@alfafar.example\nSubject: Leído: Hola\nContent-Type: multipart/report; report-type=\"disposition-notification\"; boundary=b\n\n--b\n\nx\n--b--\n", "report"},
	{"an out-of-office answer to a subject about a bounce", "Return-Path: <>\nFrom: maria@alfafar.example\nX-Auto-Response-Suppress: All\nSubject: Respuesta automática: Undelivered Mail\n\nEstoy fuera hasta el 7 de enero.\n", "auto_reply"},
	{"Notes says it at the end of the subject", "Return-Path: <>\nFrom: maria@alfafar.example\nSubject: María Peris is out of the office.\n\nI will be back.\n", "auto_reply"},
	{"Notes in Basque, told by the answer's mark", "X-Autogenerated: Reply\nFrom: maria@alfafar.example\nSubject: Erantzun automatikoa: Hola\n\nKanpoan nago.\n", "auto_reply"},
	{"an answer from a vacation program that looks like a bounce", "Return-Path: <>\nAuto-Submitted: auto-replied\nFrom: maria@alfafar.example\nSubject: Re: No entregado\n\nNo puedo responder. Escriba a <pep@xativa.example>\n", "auto_reply"},
	{"an empty Return-Path and nothing else", "Return-Path: <>\nFrom: maria@alfafar.example\nSubject: Hola\n\nNo puedo entrar en el padrón.\n", "new"},
	{"a daemon that reports no delivery", "From: MAILER-DAEMON@mx.example\nSubject: Disk almost full\n\nThe disk of mx.example is almost full.\n", "new"},
	{"a person asks about a bounce", "From: maria@alfafar.example\nSubject: Mail delivery failed\n\nMe sale \"550 5.1.1 User unknown\" al escribir a <pep@xativa.example>: ¿por qué?\n", "new"},
	{"a person pastes a whole bounce", "From: maria@alfafar.example\nSubject: No llega el correo\n\nThis is the mail system at host mx.dival.example.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n<pep@xativa.example>: host mx said: 550 5.1.1 User unknown\n", "new"},
	{"a person pastes a bounce, through a server that drops the Return-Path", "Return-Path: <>\nFrom: maria@alfafar.example\nSubject: Correo que vuelve\n\nMe ha llegado esto:\n\nYour message could not be delivered to:\n<pep@xativa.example>: 550 5.1.1 unknown\n", "new"},
	{"a shop's parcel", "From: no-reply@tienda.example\nSubject: Delivery notification: your parcel\n\nYour parcel could not be delivered to Calle Mayor 1.\nContact us at help@tienda.example\n", "new"},
	{"an administrator writes about a bounce", "From: Pep <postmaster@alfafar.example>\nSubject: Problemas de entrega\n\nLos correos a maria@xativa.example no se han podido entregar, sale 550 5.1.1.\n", "new"},
	{"a person attaches the report", "From: maria@alfafar.example\nSubject: RV: Undelivered Mail Returned to Sender\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nMirad esto.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; pep@xativa.example\nAction: failed\nStatus: 5.1.1\n\n--b--\n", "reply"},
	{"a postmaster who is a person answers a bounce", "From: Pep, postmaster <postmaster@alfafar.example>\nIn-Reply-To: <b@dival.example>\nSubject: Re: Undelivered Mail Returned to Sender\n\nYa está arreglado, podéis volver a probar.\n\n> I'm sorry to have to inform you that your message could not\n> be delivered to one or more recipients.\n> <maria@alfafar.example>: 550 5.1.1 User unknown\n", "reply"},
	{"an administrator announces a cut", "From: postmaster@alfafar.example\nSubject: Delivery problem tomorrow\n\nMañana no habrá correo de 8 a 10.\n", "new"},
}

func TestMachineMails(t *testing.T) {
	for _, tt := range machineMails {
		if got := judged(t, tt.mail); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// TestMoreMachines reads testdata/machines.txtar: mails of machines, and of people who
// write about machines or through servers that leave marks. The first line of each
// says what it is, as in machineMails; "away" gives the days of an absence.
func TestMoreMachines(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/machines.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.Files {
		want, mail, _ := strings.Cut(string(f.Data), "\n")
		if got := judged(t, mail); got != want {
			t.Errorf("%s:\n got %s\nwant %s", f.Name, got, want)
		}
	}
	if len(archive.Files) < 100 {
		t.Errorf("%d mails: some were not read", len(archive.Files))
	}
}

// judged says in a line what a mail was taken for.
func judged(t *testing.T, mail string) string {
	t.Helper()
	m := parse(t, mail)
	got := m.Kind
	if (m.Bounce != nil) != (m.Kind == KindBounce) {
		t.Errorf("kind %s, bounce %v", m.Kind, m.Bounce)
	}
	if b := m.Bounce; b != nil {
		for _, r := range b.Recipients {
			got += fmt.Sprintf("; %s %s %s %s", r.Address, orDash(r.Status), r.Action, r.Reason)
		}
		got += "; " + orDash(b.OriginalMessageID)
	}
	if m.Away != nil {
		got += "; away " + shown(m.Away)
	}
	return got
}

func orDash(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

// A report that a letter has arrived after all is no failure, and one that it is late is not final.
func TestWhatBouncesTellTheDesk(t *testing.T) {
	report := func(groups string) string {
		return fromDaemon + "Subject: Delivery report\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nx\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n" + groups + "\n--b--\n"
	}
	const arrived = "Final-Recipient: rfc822; pep@xativa.example\nAction: delivered\nStatus: 2.0.0\nDiagnostic-Code: smtp; 250 Ok\n"
	for _, tt := range []struct {
		name, groups string
		want         desk.Robot
	}{
		{"arrived", arrived, desk.Robot{Recipient: "pep@xativa.example", Failure: "delivered"}},
		{"late", "Final-Recipient: rfc822; maria@alfafar.example\nAction: delayed\nStatus: 4.4.1\nDiagnostic-Code: smtp; 451 later\n",
			desk.Robot{Recipient: "maria@alfafar.example", Failure: "temporary 451 later"}},
		{"one arrived, one failed", arrived + "\nFinal-Recipient: rfc822; maria@alfafar.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no such user\n",
			desk.Robot{Recipient: "maria@alfafar.example", Failure: "unknown_user 550 no such user", Final: true}},
	} {
		var got desk.Robot
		(&Intake{}).bounced(parse(t, report(tt.groups)), &got)
		if got.Recipient != tt.want.Recipient || got.Failure != tt.want.Failure || got.Final != tt.want.Final {
			t.Errorf("%s: %s, %q, final %t; want %s, %q, %t", tt.name, got.Recipient, got.Failure, got.Final, tt.want.Recipient, tt.want.Failure, tt.want.Final)
		}
	}
}

func TestEnhancedStatusIsNoAddress(t *testing.T) {
	for text, want := range map[string]string{
		"550 5.1.1 no": "5.1.1", "(#5.1.1)": "5.1.1", "<421 4.4.2 lost>": "4.4.2", "5.7.509 denied": "5.7.509", "said 5.2.2.": "5.2.2",
		"192.5.1.1": "-", "host 5.1.1.7": "-", "version 4.8.1.2": "-", "5.9.1": "-", "15.1.1": "-", "": "-",
	} {
		if got := orDash(enhancedIn(text)); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func FuzzDSN(f *testing.F) {
	for _, tt := range machineMails {
		f.Add([]byte(tt.mail))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := NewParser(Options{}).Parse(raw)
		if err != nil {
			return
		}
		if (m.Bounce != nil) != (m.Kind == KindBounce) {
			t.Fatalf("kind %s, bounce %v", m.Kind, m.Bounce)
		}
		if m.Bounce == nil {
			return
		}
		if id := m.Bounce.OriginalMessageID; id != nil && (*id == "" || strings.ContainsAny(*id, "\r\n")) {
			t.Errorf("original %q", *id)
		}
		for _, r := range m.Bounce.Recipients {
			if s := r.Address + r.Diagnostic + r.Action; !utf8.ValidString(s) || strings.ContainsAny(s, "\r\n\x00") {
				t.Errorf("%+v", r)
			}
			if r.Reason == "" || r.Action == "" || r.Address == "" {
				t.Errorf("%+v says nothing", r)
			}
		}
	})
}

// Reports on thousands of recipients and texts of megabytes are read up to the
// bounds that are set; what grows faster than the mail would not end here.
func TestMachineMailsInMass(t *testing.T) {
	many := func(format string) string {
		var b strings.Builder
		for i := range 20_000 {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for name, raw := range map[string]string{
		"one answer each":   fromDaemon + "Subject: failure notice\n\n" + many("<a%d@b.example>:\n550 5.1.1 no\n"),
		"one answer to all": fromDaemon + "X-Failed-Recipients: " + many("a%d@b.example, ") + "\nSubject: x\n\n" + strings.Repeat("x 550 5.1.1 ", 100_000),
		"a report, and text that names them again": fromDaemon + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n" + many("<a%d@b.example>... x\n") +
			"\n--b\nContent-Type: message/delivery-status\n\n" + many("Final-Recipient: rfc822; a%d@b.example\n\n") + "\n--b--\n",
	} {
		m := parse(t, raw)
		if m.Bounce == nil || len(m.Bounce.Recipients) == 0 || len(m.Bounce.Recipients) > maxAddresses {
			t.Errorf("%s: %s, %v", name, m.Kind, m.Bounce)
		}
	}
}
