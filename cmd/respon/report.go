package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"respon/cmd/internal/config"
	"respon/tickets"
	"respon/tickets/store"
)

// reportDays is how many days a report covers if nothing else is said.
const reportDays = 30

func reportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "report", Short: "Tickets by category, entity and priority, with times and targets",
		Long: `Report how many tickets were opened and closed, how long first answers and resolutions
took in business time, and the share of the targets that were met. Days are those of the
gateway's time zone. A target belongs to the day on which it was met or, unmet, fell due.`,
		Args: cobra.NoArgs,
	}
	path := configFlag(cmd)
	from := cmd.Flags().String("from", "", "first day, as 2026-12-24 (default 30 days before the last)")
	to := cmd.Flags().String("to", "", "last day, included (default today)")
	asJSON, asCSV := cmd.Flags().Bool("json", false, "print JSON"), cmd.Flags().Bool("csv", false, "print CSV, a line for each group")
	cmd.MarkFlagsMutuallyExclusive("json", "csv")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return view(cmd, *path, func(ctx context.Context, cfg *config.Config, tx *store.Tx) error {
			begin, end, err := days(*from, *to, tx.Now.In(cfg.Gateway.Location))
			if err != nil {
				return err
			}
			calendar, err := cfg.Calendar()
			if err != nil {
				return err
			}
			list, err := tx.During(ctx, begin, end)
			if err != nil {
				return err
			}
			r, out := tickets.NewReport(calendar, list, begin, end), cmd.OutOrStdout()
			switch {
			case *asJSON:
				return printJSON(out, r)
			case *asCSV:
				return reportCSV(out, r)
			}
			return reportText(out, r)
		})
	}
	return cmd
}

// days gives the moments at which the first day begins and the last one ends,
// where now is.
func days(from, to string, now time.Time) (begin, end time.Time, err error) {
	day := func(flag, s string, otherwise time.Time) (time.Time, error) {
		if s == "" {
			return otherwise, nil
		}
		t, err := time.ParseInLocation(time.DateOnly, s, now.Location())
		if err != nil {
			return t, fmt.Errorf("--%s: %q is no day; one looks like 2026-12-24", flag, s)
		}
		return t, nil
	}
	y, m, d := now.Date()
	last, err := day("to", to, time.Date(y, m, d, 0, 0, 0, 0, now.Location()))
	if err != nil {
		return begin, end, err
	}
	if begin, err = day("from", from, last.AddDate(0, 0, 1-reportDays)); err != nil {
		return begin, end, err
	}
	if begin.After(last) {
		return begin, end, errors.New("--from lies after --to")
	}
	return begin, last.AddDate(0, 0, 1), nil
}

// section is a part of a report.
type section struct {
	title  string
	groups []tickets.Group
}

func sections(r *tickets.Report) []section {
	return []section{
		{"total", []tickets.Group{{Figures: r.Figures}}},
		{"category", r.ByCategory}, {"entity", r.ByEntity}, {"priority", r.ByPriority},
	}
}

func reportCSV(out io.Writer, r *tickets.Report) error {
	w := csv.NewWriter(out)
	rows := [][]string{{"by", "name", "opened", "closed", "open",
		"first_answer_p50", "first_answer_p90", "first_answer_within_target",
		"resolution_p50", "resolution_p90", "resolution_within_target", "satisfied", "not_satisfied"}}
	for _, s := range sections(r) {
		for _, g := range s.groups {
			name := ""
			if g.Name != nil {
				name = harmless(*g.Name)
			}
			rows = append(rows, []string{s.title, name, strconv.Itoa(g.Opened), strconv.Itoa(g.Closed), strconv.Itoa(g.Open),
				number(g.FirstAnswer.P50), number(g.FirstAnswer.P90), fraction(g.FirstAnswer.WithinTarget),
				number(g.Resolution.P50), number(g.Resolution.P90), fraction(g.Resolution.WithinTarget),
				strconv.Itoa(g.Satisfaction.Yes), strconv.Itoa(g.Satisfaction.No)})
		}
	}
	return w.WriteAll(rows)
}

// harmless keeps a spreadsheet from taking a name for a formula.
func harmless(s string) string {
	if s != "" && (s[0] == '=' || s[0] == '+' || s[0] == '-' || s[0] == '@' || s[0] == '\t' || s[0] == '\r') {
		return "'" + s
	}
	return s
}

func number(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

func fraction(f *float64) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(*f, 'f', 4, 64)
}

func reportText(out io.Writer, r *tickets.Report) error {
	fmt.Fprintf(out, "From %s to %s\n\n", r.From.Format(time.DateOnly), r.To.AddDate(0, 0, -1).Format(time.DateOnly))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\topened\tclosed\topen\tfirst answer p50\tp90\tin time\tresolution p50\tp90\tin time\tcontent\t")
	for _, s := range sections(r) {
		if s.title != "total" {
			fmt.Fprintf(w, "by %s\t\t\t\t\t\t\t\t\t\t\t\n", s.title)
		}
		for _, g := range s.groups {
			name := "none"
			if g.Name != nil {
				name = printable(*g.Name)
			} else if s.title == "total" {
				name = "all"
			}
			fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", name, g.Opened, g.Closed, g.Open,
				span(g.FirstAnswer.P50), span(g.FirstAnswer.P90), percent(g.FirstAnswer.WithinTarget),
				span(g.Resolution.P50), span(g.Resolution.P90), percent(g.Resolution.WithinTarget), content(g.Satisfaction))
		}
	}
	return w.Flush()
}

// content writes how many of those who said something are content.
func content(s tickets.Satisfaction) string {
	if s.Yes+s.No == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d", s.Yes, s.Yes+s.No)
}

// span writes seconds as hours and minutes.
func span(seconds *int64) string {
	if seconds == nil {
		return "-"
	}
	return fmt.Sprintf("%d:%02d", *seconds/3600, *seconds/60%60)
}

func percent(f *float64) string {
	if f == nil {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", *f*100)
}
