package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// One try of a connection takes no longer; what a policy drops without a word is not waited for any more.
const tryTime = 2 * time.Second

// A question that comes before its answerer does is lost, and Go's resolver sends it once in a try; an answer takes milliseconds.
const resolveTime = 500 * time.Millisecond

// A datagram may be lost where nothing refuses it, so a try sends several.
const datagramInterval = 400 * time.Millisecond

// Between two tries of the same check: policies arrive when they do.
const pause = 200 * time.Millisecond

// check is one line of what the client is told.
type check struct {
	index    string
	protocol string
	// Where to connect; for DNS the server.
	target string
	// The name that DNS must know.
	name     string
	expected string
}

func parseChecks(lines io.Reader) ([]check, error) {
	var checks []check
	scanner := bufio.NewScanner(lines)
	for scanner.Scan() {
		words := strings.Fields(scanner.Text())
		switch {
		case len(words) == 4 && (words[1] == "tcp" || words[1] == "udp") && (words[3] == "open" || words[3] == "closed"):
			checks = append(checks, check{index: words[0], protocol: words[1], target: words[2], expected: words[3]})
		case len(words) == 4 && words[1] == "dns":
			checks = append(checks, check{index: words[0], protocol: "dns", name: words[2], target: words[3], expected: "answered"})
		default:
			return nil, fmt.Errorf("this is no check: %q", scanner.Text())
		}
	}
	return checks, scanner.Err()
}

// What became of a try.
const (
	open    = "open"
	refused = "refused"
	silent  = "silent"
)

// attempt is replaced in tests.
var attempt = try

// runChecks tries them side by side, so that refusals don't add up. Whoever can't connect to anybody yet is refused everything: what is
// to be closed is tried when all the rest is as expected.
//
// A pod is dropped without a word until the policy engine of its node knows it, whatever policies say: silence counts only when so much
// time has passed that it must. A refusal is the policy engine's own, and counts at once.
func runChecks(checks []check, limit, silence time.Duration, results io.Writer) {
	start := time.Now()
	deadline := start.Add(limit)
	isClosed := func(one check) bool { return one.expected == "closed" }
	settleAll(slices.DeleteFunc(slices.Clone(checks), isClosed), results, func(one check) (string, string) {
		return settle(one, deadline)
	})
	toBeClosed := slices.DeleteFunc(slices.Clone(checks), func(one check) bool { return !isClosed(one) })
	settleAll(toBeClosed, results, func(one check) (string, string) {
		return settleClosed(one, start.Add(silence), deadline)
	})
}

// settleAll tells the result of each of them, one after the other.
func settleAll(checks []check, results io.Writer, settled func(one check) (outcome, seen string)) {
	var telling sync.Mutex
	var running sync.WaitGroup
	for _, one := range checks {
		running.Go(func() {
			outcome, seen := settled(one)
			telling.Lock()
			defer telling.Unlock()
			fmt.Fprintf(results, "%s %s %s\n", one.index, outcome, seen)
		})
	}
	running.Wait()
}

// settle tries until what is seen is what is expected, or the deadline has passed.
func settle(one check, deadline time.Time) (outcome, seen string) {
	for {
		seen = attempt(one)
		if seen == one.expected {
			return "pass", seen
		}
		if time.Now().After(deadline) {
			if seen == refused || seen == silent {
				seen = "closed"
			}
			return "fail", seen
		}
		time.Sleep(pause)
	}
}

// settleClosed tries until it is refused, or nothing comes of a try that began when silence counts, or the deadline has passed.
func settleClosed(one check, silenceCounts, deadline time.Time) (outcome, seen string) {
	for {
		began := time.Now()
		switch attempt(one) {
		case refused:
			return "pass", "closed"
		case silent:
			if !began.Before(silenceCounts) {
				return "pass", "closed"
			}
			time.Sleep(time.Until(silenceCounts))
		default:
			if time.Now().After(deadline) {
				return "fail", "open"
			}
			time.Sleep(pause)
		}
	}
}

func try(one check) string {
	switch one.protocol {
	case "tcp":
		return connects(one.target)
	case "udp":
		return echoes(one.target)
	default:
		if resolves(one.name, one.target) {
			return "answered"
		}
		return "unanswered"
	}
}

func connects(target string) string {
	connection, err := net.DialTimeout("tcp4", target, tryTime)
	if err == nil {
		_ = connection.Close()
		return open
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return refused
	}
	return silent
}

// echoes says whether the server sends back what this try alone sent. Each try has a port of its own, so that no connection
// that was let through before lets this one through.
func echoes(target string) string {
	connection, err := net.Dial("udp4", target)
	if err != nil {
		return silent
	}
	defer connection.Close()
	token := rand.Text()
	buffer := make([]byte, 512)
	for end := time.Now().Add(tryTime); time.Now().Before(end); {
		_, _ = connection.Write([]byte(token))
		_ = connection.SetReadDeadline(time.Now().Add(datagramInterval))
		length, err := connection.Read(buffer)
		if err == nil && string(buffer[:length]) == token {
			return open
		}
		// An ICMP message "port unreachable", of the server or of a policy on the way: somebody said no.
		if errors.Is(err, syscall.ECONNREFUSED) {
			return refused
		}
	}
	return silent
}

func resolves(name, server string) bool {
	resolver := &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server)
		},
	}
	ctx, cancel := context.WithTimeout(context.Background(), resolveTime)
	defer cancel()
	// The dot keeps search domains out.
	addresses, err := resolver.LookupIP(ctx, "ip4", name+".")
	return err == nil && len(addresses) > 0
}
