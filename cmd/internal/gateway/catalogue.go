package gateway

import (
	"fmt"

	"respon/cmd/internal/config"
	"respon/ingest"
	"respon/tickets"
)

// Catalogue makes the desk's catalogue out of the configuration.
func Catalogue(cfg *config.Config) (*tickets.Catalogue, error) {
	calendar, err := cfg.Calendar()
	if err != nil {
		return nil, fmt.Errorf("business hours: %w", err)
	}
	c := &tickets.Catalogue{
		Gateway: tickets.Gateway{
			Address: cfg.Gateway.Address, Name: cfg.Gateway.Name, Phone: cfg.Gateway.Phone, Prefix: cfg.Gateway.Prefix,
			Locale: tickets.Locale(cfg.Gateway.Locale), Location: cfg.Gateway.Location, BaseURL: cfg.Gateway.BaseURL,
			Aliases: cfg.Gateway.Aliases, PlusAddressing: cfg.Gateway.PlusAddressing,
		},
		Policy: tickets.Policy(cfg.Intake.Policy), TrustedAuthserv: cfg.Intake.TrustedAuthserv, MaxSize: cfg.Intake.MaxSize,
		RefusedFiles: cfg.Intake.RefusedFiles,
		SLA:          map[tickets.Priority]tickets.Target{},
		Hours:        calendar,
		Limits: tickets.Limits{
			AutomaticPerSender: cfg.Limits.AutomaticPerSender, Retry: cfg.Limits.Retry,
		},
		Life: tickets.Lifecycle(cfg.Lifecycle),
	}
	for _, e := range cfg.Entity {
		c.Entities = append(c.Entities, tickets.Entity{Name: e.Name, Domains: e.Domains, Locale: tickets.Locale(e.Locale)})
	}
	for _, cat := range cfg.Category {
		names := map[tickets.Locale]string{}
		for locale, name := range cat.Name {
			names[tickets.Locale(locale)] = name
		}
		c.Categories = append(c.Categories, tickets.Category{ID: cat.ID, Names: names, Aliases: cat.Aliases, Technicians: cat.Technicians})
	}
	for _, t := range cfg.Technician {
		c.Technicians = append(c.Technicians, tickets.Technician{
			ID: t.ID, Name: t.Name, Email: t.Email, Locale: tickets.Locale(t.Locale), Capacity: t.Capacity, Default: t.Default,
		})
	}
	c.Reports = cfg.Reports.To
	c.Operators = cfg.Quarantine.To
	c.Escalation.Addresses = cfg.Escalation.Addresses
	for priority, addresses := range cfg.Escalation.ByPriority {
		if c.Escalation.ByPriority == nil {
			c.Escalation.ByPriority = map[tickets.Priority][]string{}
		}
		c.Escalation.ByPriority[tickets.Priority(priority)] = addresses
	}
	for priority, target := range cfg.SLA {
		c.SLA[tickets.Priority(priority)] = tickets.Target(target)
	}
	return c, nil
}

// Parser makes the parser that knows the catalogue's words.
func Parser(c *tickets.Catalogue) *ingest.Parser {
	o := ingest.Options{Prefix: c.Gateway.Prefix}
	for _, cat := range c.Categories {
		words := append([]string{}, cat.Aliases...)
		for _, name := range cat.Names {
			words = append(words, name)
		}
		o.Categories = append(o.Categories, ingest.Category{ID: cat.ID, Names: words})
	}
	return ingest.NewParser(o)
}
