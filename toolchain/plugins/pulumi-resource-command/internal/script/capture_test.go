package script

import (
	"errors"
	"io"
	"slices"
	"testing"
)

func TestShowsOnlyTheStreamsThatLoggingNames(t *testing.T) {
	all := []string{"out 1", "error 1", "out 2", "unended"}
	cases := map[Logging][]string{
		"":                 all,
		LogStdoutAndStderr: all,
		LogStdout:          {"out 1", "out 2", "unended"},
		LogStderr:          {"error 1"},
		LogNone:            nil,
	}
	for logging, wanted := range cases {
		var shown []string
		mode := &logging
		if logging == "" {
			mode = nil
		}
		c := newCapture(func(line string) { shown = append(shown, line) }, mode)
		write(t, c.Stdout(), "out 1\nou")
		write(t, c.Stderr(), "error 1\r\n")
		write(t, c.Stdout(), "t 2\nunended")
		outputs, err := c.Finish("x", nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(shown, wanted) {
			t.Errorf("logging %q shows %q, not %q", logging, shown, wanted)
		}
		if outputs.Stdout != "out 1\nout 2\nunended" || outputs.Stderr != "error 1\r" {
			t.Errorf("logging %q changed the outputs: %q", logging, outputs)
		}
	}
}

func TestFailureQuotesCommandAndBothStreams(t *testing.T) {
	none := LogNone
	c := newCapture(func(string) { t.Error("shown in spite of logging none") }, &none)
	write(t, c.Stdout(), "out\n")
	write(t, c.Stderr(), "error\n")
	cause := errors.New("exit status 3")
	_, err := c.Finish("do it", cause)
	if !errors.Is(err, cause) || err.Error() != "exit status 3: running \"do it\":\nout\nerror\n" {
		t.Errorf("unexpected error %q", err)
	}
}

func TestPreviousOutputIsHandedOnUnlessDeclined(t *testing.T) {
	previous := Outputs{Stdout: "out"}
	if got := PreviousOutput(Inputs{}, previous); !slices.Equal(got, []Variable{{"PULUMI_COMMAND_STDOUT", "out"}}) {
		t.Errorf("handed on %v", got)
	}
	declined := false
	if got := PreviousOutput(Inputs{AddPreviousOutputInEnv: &declined}, previous); got != nil {
		t.Errorf("handed on %v although declined", got)
	}
}

func write(t *testing.T, to io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(to, text); err != nil {
		t.Fatal(err)
	}
}
