package main

import (
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
	command := probe("check", "0")
	command.Stdin = strings.NewReader("7 tcp 127.0.0.1:1 closed\n")
	output, err := command.Output()
	if err != nil || string(output) != "7 pass closed\n" {
		t.Fatalf("%q, %v", output, err)
	}
}

func TestWrongArgumentsAreExplained(t *testing.T) {
	for _, arguments := range [][]string{{}, {"check"}, {"check", "soon"}, {"serve", "http"}, {"listen"}} {
		if output, err := probe(arguments...).CombinedOutput(); err == nil || len(output) == 0 {
			t.Errorf("%v: %q, %v", arguments, output, err)
		}
	}
}
