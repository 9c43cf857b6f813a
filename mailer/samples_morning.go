package mailer

import (
	"time"

	"respon/tickets"
)

// morningSamples are what comes when the office opens.
func morningSamples(t, answered *tickets.Ticket, to tickets.Person) []Sample {
	return []Sample{
		{"digest", tickets.Letter{Kind: tickets.NoticeDigest, To: to, Tickets: sampleAgenda(t, answered)}},
		{"quarantine", tickets.Letter{Kind: tickets.NoticeQuarantine, To: to, Quarantined: sampleQuarantine(), Token: "0a0b0c0d0e"}},
		{"decided", tickets.Letter{Kind: tickets.NoticeDecided, To: to, Token: "0a0b0c0d0e", Decisions: []tickets.Decision{{ID: 3, Fate: tickets.FateOpened}, {ID: 5, Drop: true}}}},
		{"decided-not", tickets.Letter{Kind: tickets.NoticeDecided, To: to, Token: "0a0b0c0d0e", Decisions: []tickets.Decision{{ID: 3}, {ID: 9, Gone: true}}}},
		{"decided-unclear", tickets.Letter{Kind: tickets.NoticeDecided, To: to, Token: "0a0b0c0d0e"}},
		{"report", tickets.Letter{Kind: tickets.NoticeReport, To: to, Reports: sampleReports()}},
	}
}

// sampleAgenda is a ticket that is late, one due today, one later and one that waits.
func sampleAgenda(t, answered *tickets.Ticket) []*tickets.Ticket {
	late, later, waiting := *answered, *answered, *t
	before, after := sampleTime.Add(-time.Hour), sampleTime.Add(50*time.Hour)
	late.Number, late.FirstAnsweredAt, late.ResolutionDue = 471, &before, &before
	later.Number, later.FirstAnsweredAt, later.ResolutionDue = 479, &before, &after
	waiting.Number, waiting.Status = 463, tickets.Waiting
	return []*tickets.Ticket{&late, t, &later, &waiting}
}

// sampleReports are eight weeks of a desk that gets more to do.
func sampleReports() []*tickets.Report {
	madrid := SampleCatalogue().Gateway.Location
	monday := time.Date(2026, 11, 23, 0, 0, 0, 0, madrid)
	share := func(met, all int) tickets.Duration {
		f := float64(met) / float64(all)
		return tickets.Duration{WithinTarget: &f}
	}
	group := func(name string, f tickets.Figures) tickets.Group {
		if name == "" {
			return tickets.Group{Figures: f}
		}
		return tickets.Group{Name: &name, Figures: f}
	}
	var list []*tickets.Report
	for i, opened := range []int{212, 231, 198, 240, 187, 252, 301, 268} {
		list = append(list, &tickets.Report{
			From: monday.AddDate(0, 0, 7*(i-8)), To: monday.AddDate(0, 0, 7*(i-7)),
			Figures: tickets.Figures{Opened: opened, Closed: opened - 20 + 6*i, Open: 71 + 3*i, FirstAnswer: share(90+i, 100), Resolution: share(opened-30, opened)},
		})
	}
	list[0].FirstAnswer, list[0].Resolution = tickets.Duration{}, tickets.Duration{} // nothing was promised yet
	last := list[len(list)-1]
	last.Satisfaction = tickets.Satisfaction{Yes: 41, No: 3}
	last.ByCategory = []tickets.Group{
		group("contabilidad", tickets.Figures{Opened: 120, Closed: 131, Open: 30, Resolution: share(119, 131)}),
		group("padron", tickets.Figures{Opened: 98, Closed: 101, Open: 51, Resolution: share(92, 101)}),
		group("", tickets.Figures{Opened: 50, Closed: 58, Open: 11}),
	}
	last.ByEntity = []tickets.Group{
		group("Ajuntament d'Alfafar", tickets.Figures{Opened: 140, Closed: 150, Open: 40, Resolution: share(150, 150)}),
		group("Ayuntamiento de Utiel", tickets.Figures{Opened: 128, Closed: 140, Open: 52, Resolution: share(111, 140)}),
	}
	return list
}

func sampleQuarantine() []tickets.Quarantined {
	return []tickets.Quarantined{
		{ID: 3, ReceivedAt: sampleTime, From: "luis@bunyol.example", Subject: "Escaneado", Size: 48_213, Cause: tickets.CauseNoSender},
		{ID: 5, ReceivedAt: sampleTime, Subject: "", Size: 912, Cause: tickets.CauseNothing},
	}
}
