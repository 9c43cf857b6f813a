package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"respon/mailer"
	"respon/templates"
	"respon/tickets"
	"respon/tickets/token"
)

func templatesCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "templates", Short: "The words of mails, with invented data"}
	cmd.AddCommand(templatesList(), templatesRender())
	return cmd
}

func templatesList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "The mails that templates render shows, with their subjects", Args: cobra.NoArgs}
	locale, dir := templateFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, l, err := sampleComposer(*dir, *locale)
		if err != nil {
			return err
		}
		for _, s := range mailer.Samples(l) {
			r, err := c.Render(s.Letter)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%-20s %s\n", s.Name, r.Subject)
		}
		return nil
	}
	return cmd
}

func templatesRender() *cobra.Command {
	cmd := &cobra.Command{
		Use: "render NAME", Short: "One mail as its reader gets it: its text, or with --html its HTML",
		Long: `Render one mail with invented data: its text or, with --html, its HTML. With --dir the
operator's own files take the place of ours, as under gateway.templates_dir; mistakes in
them are reported with file and line.`,
		Args: cobra.ExactArgs(1),
	}
	locale, dir := templateFlags(cmd)
	html := cmd.Flags().Bool("html", false, "the HTML in place of the text")
	out := cmd.Flags().StringP("output", "o", "", "write to this file, which must not exist")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, l, err := sampleComposer(*dir, *locale)
		if err != nil {
			return err
		}
		var names []string
		for _, s := range mailer.Samples(l) {
			names = append(names, s.Name)
			if s.Name != args[0] {
				continue
			}
			r, err := c.Render(s.Letter)
			if err != nil {
				return err
			}
			text := "Subject: " + r.Subject + "\n\n" + r.Text
			if *html {
				text = r.HTML
			}
			if *out != "" {
				return writeNew(*out, []byte(text))
			}
			_, err = io.WriteString(cmd.OutOrStdout(), text)
			return err
		}
		return fmt.Errorf("there is no mail %q; there are %s", args[0], strings.Join(names, ", "))
	}
	return cmd
}

func templateFlags(cmd *cobra.Command) (locale, dir *string) {
	return cmd.Flags().String("locale", "es", "the language: es, ca-valencia (short: ca) or en"), cmd.Flags().String("dir", "", "a folder with words of one's own")
}

// sampleComposer writes the samples.
func sampleComposer(dir, locale string) (*mailer.Composer, tickets.Locale, error) {
	l := tickets.Locale(locale)
	if locale == "ca" {
		l = tickets.Valencian
	}
	known := false
	for _, k := range tickets.Locales {
		known = known || k == l
	}
	if !known {
		return nil, "", fmt.Errorf("--locale: %q is none of our languages; es, ca-valencia or en", locale)
	}
	words, err := templates.Load(dir)
	if err != nil {
		return nil, "", err
	}
	signer, err := token.New(bytes.Repeat([]byte("sample"), 6), nil)
	if err != nil {
		return nil, "", err
	}
	cat := mailer.SampleCatalogue()
	return mailer.NewComposer(func() *templates.Set { return words }, signer, func() *tickets.Catalogue { return cat }, rand.Reader), l, nil
}
