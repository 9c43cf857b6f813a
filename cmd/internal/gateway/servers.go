package gateway

import (
	"time"

	"respon/cmd/internal/config"
	"respon/ingest/mailbox"
	"respon/mailer"
)

// mailboxConfig says where a mailbox is, as the intake has it.
func mailboxConfig(m *config.Mailbox, cfg *config.Config) mailbox.Config {
	return mailbox.Config{
		Name: m.Name, Host: m.Host, Port: m.Port, Security: string(m.Security), CAFile: m.CAFile,
		Username: m.Username, Password: func() (string, error) { return string(m.Password), nil },
		Auth: string(m.Auth),
		OAuth2: mailbox.OAuth2{
			TokenURL: m.OAuth2.TokenURL, ClientID: m.OAuth2.ClientID, Scopes: m.OAuth2.Scopes,
			ClientSecret: func() (string, error) { return string(m.OAuth2.ClientSecret), nil },
		},
		Folder: m.Folder, Processed: m.Processed, Quarantine: m.Quarantine, Poll: m.Poll,
		MaxSize: cfg.Intake.MaxSize,
	}
}

// newTransport says where the relay is, as the mailer has it.
func newTransport(cfg *config.Config, now func() time.Time) (*mailer.SMTP, error) {
	s := cfg.SMTP
	return mailer.NewSMTP(mailer.SMTPConfig{
		Host: s.Host, Port: s.Port, Security: string(s.Security), CAFile: s.CAFile,
		Username: s.Username, Password: func() (string, error) { return string(s.Password), nil },
		Now: now,
	})
}
