// Command respon is an email-first ticketing gateway: people write a mail,
// technicians answer from their mail client.
//
// There is one file for each command; what a command does beyond flags, output
// and exit code is in the packages below. A failure is told on stderr, in one
// line for each thing that is wrong, and ends with a non-zero exit code.
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	root := rootCommand()
	root.SetArgs(args)
	err := root.Execute()
	if err == nil {
		return 0
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintln(os.Stderr, "respon: "+line)
	}
	return 1
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "respon",
		Short:         "An email-first ticketing gateway",
		Args:          noSuchCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; %s --help shows what there is", err, cmd.CommandPath())
	})
	root.AddCommand(
		demoCommand(),
		serveCommand(),
		initCommand(),
		doctorCommand(),
		parseCommand(),
		importCommand(),
		migrateCommand(),
		ticketsCommand(),
		quarantineCommand(),
		outboxCommand(),
		reportCommand(),
		templatesCommand(),
		versionCommand(),
	)
	return root
}

// noSuchCommand takes the place of cobra's own answer, which has several lines.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf("no command %q; did you mean %s?", args[0], strings.Join(near, " or "))
	}
	return fmt.Errorf("no command %q; respon --help lists them", args[0])
}
