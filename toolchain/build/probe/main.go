// probe is what runs in the pods of the connectivity probe: a server that listens where it is told, and a client that tries
// connections and says which of them are as declared.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

const usage = `usage:
  probe serve [PORT]...   listen on each port, TCP and UDP, and send back what comes; without ports only stay
  probe check SECONDS SILENCE
                          read checks from standard input, one a line, and try each until it is as expected or time is up:
                            INDEX tcp ADDRESS:PORT open|closed
                            INDEX udp ADDRESS:PORT open|closed
                            INDEX dns NAME ADDRESS:PORT
                          and write for each: INDEX pass|fail SEEN
                          SILENCE is in milliseconds: until then no answer is none
`

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "probe: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) >= 1 && args[0] == "serve":
		ports, err := parsePorts(args[1:])
		if err != nil {
			return err
		}
		if err := serve(ports); err != nil {
			return err
		}
		// A client has nobody else to wait for: with nothing that could ever wake it, Go would end it.
		ended := make(chan os.Signal, 1)
		signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
		<-ended
		return nil
	case len(args) == 3 && args[0] == "check":
		seconds, err := strconv.ParseUint(args[1], 10, 16)
		if err != nil {
			return fmt.Errorf("SECONDS must be a whole number, not %q", args[1])
		}
		silence, err := strconv.ParseUint(args[2], 10, 16)
		if err != nil {
			return fmt.Errorf("SILENCE must be a whole number of milliseconds, not %q", args[2])
		}
		checks, err := parseChecks(os.Stdin)
		if err != nil {
			return err
		}
		runChecks(checks, time.Duration(seconds)*time.Second, time.Duration(silence)*time.Millisecond, os.Stdout)
		return nil
	default:
		return fmt.Errorf("%s", usage)
	}
}
