package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test's own program is the probe when this is set.
const asProbe = "TEST_AS_PROBE"

func TestMain(m *testing.M) {
	if os.Getenv(asProbe) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func probe(arguments ...string) *exec.Cmd {
	command := exec.Command(os.Args[0], arguments...)
	command.Env = append(os.Environ(), asProbe+"=yes")
	return command
}

func TestAServerWithoutPortsStaysUntilItIsTold(t *testing.T) {
	command := probe("serve")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case err := <-ended:
		t.Fatalf("it did not stay: %v", err)
	case <-time.After(500 * time.Millisecond):
	}
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatalf("it did not end well: %v", err)
	}
}

func TestTheClientReadsItsChecksAndWritesWhatItSaw(t *testing.T) {
	command := probe("check", "0", "3000")
	command.Stdin = strings.NewReader("7 tcp 127.0.0.1:1 closed\n")
	output, err := command.Output()
	if err != nil || string(output) != "7 pass closed\n" {
		t.Fatalf("%q, %v", output, err)
	}
}

func TestWrongArgumentsAreExplained(t *testing.T) {
	for _, c := range []struct {
		arguments []string
		want      string
	}{
		{nil, usage},
		{[]string{"check"}, usage},
		{[]string{"check", "soon", "0"}, `SECONDS must be a whole number, not "soon"`},
		{[]string{"check", "1", "late"}, `SILENCE must be a whole number of milliseconds, not "late"`},
		{[]string{"serve", "http"}, `PORT must be 1 to 65535, not "http"`},
		{[]string{"listen"}, usage},
	} {
		output, err := probe(c.arguments...).CombinedOutput()
		// A panic says something too, and ends with another code.
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 || strings.TrimSpace(string(output)) != "probe: "+strings.TrimSpace(c.want) {
			t.Errorf("%v: %q, %v", c.arguments, output, err)
		}
	}
}
