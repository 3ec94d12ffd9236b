package main

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// freePort is a port on which nothing listens, TCP or UDP.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		listener, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := listener.Addr().(*net.TCPAddr).Port
		connection, err := net.ListenPacket("udp4", fmt.Sprintf("127.0.0.1:%d", port))
		_ = listener.Close()
		if err == nil {
			_ = connection.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// silence counts after this in tests.
const silence = time.Second

// checkLines gives what the client says of these lines.
func checkLines(t *testing.T, limit time.Duration, lines ...string) map[string]string {
	t.Helper()
	checks, err := parseChecks(strings.NewReader(strings.Join(lines, "\n") + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	runChecks(checks, limit, silence, &output)
	results := map[string]string{}
	for line := range strings.Lines(output.String()) {
		index, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		results[index] = rest
	}
	return results
}

// expectInOrder compares what the client said of checks 0, 1, 2 and so on.
func expectInOrder(t *testing.T, results map[string]string, expected ...string) {
	t.Helper()
	for index, wanted := range expected {
		if got := results[fmt.Sprint(index)]; got != wanted {
			t.Errorf("check %d: %q, expected %q", index, got, wanted)
		}
	}
}

func TestEveryPortIsServedByBothProtocols(t *testing.T) {
	first, second, closed := freePort(t), freePort(t), freePort(t)
	if err := serve([]int{first, second}); err != nil {
		t.Fatal(err)
	}
	results := checkLines(t, 0,
		fmt.Sprintf("0 tcp 127.0.0.1:%d open", first),
		fmt.Sprintf("1 udp 127.0.0.1:%d open", first),
		fmt.Sprintf("2 tcp 127.0.0.1:%d open", second),
		fmt.Sprintf("3 udp 127.0.0.1:%d open", second),
		fmt.Sprintf("4 tcp 127.0.0.1:%d closed", closed),
		fmt.Sprintf("5 udp 127.0.0.1:%d closed", closed),
	)
	expectInOrder(t, results, "pass open", "pass open", "pass open", "pass open", "pass closed", "pass closed")
}

func TestARefusalCountsOnlyWhenAllElseWorks(t *testing.T) {
	early, late := freePort(t), freePort(t)
	go func() {
		time.Sleep(300 * time.Millisecond)
		if err := serve([]int{early, late}); err != nil {
			t.Error(err)
		}
	}()
	results := checkLines(t, time.Second,
		fmt.Sprintf("0 tcp 127.0.0.1:%d closed", early),
		fmt.Sprintf("1 tcp 127.0.0.1:%d open", late),
	)
	expectInOrder(t, results, "fail open", "pass open")
}

func TestWhatIsNotAsDeclaredFailsAndSaysWhatWasSeen(t *testing.T) {
	open, closed := freePort(t), freePort(t)
	if err := serve([]int{open}); err != nil {
		t.Fatal(err)
	}
	results := checkLines(t, 0,
		fmt.Sprintf("0 tcp 127.0.0.1:%d closed", open),
		fmt.Sprintf("1 udp 127.0.0.1:%d closed", open),
		fmt.Sprintf("2 tcp 127.0.0.1:%d open", closed),
		fmt.Sprintf("3 udp 127.0.0.1:%d open", closed),
	)
	expectInOrder(t, results, "fail open", "fail open", "fail closed", "fail closed")
}

func TestUDPWithoutAnAnswerIsClosed(t *testing.T) {
	silent, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	results := checkLines(t, 0, fmt.Sprintf("0 udp %s closed", silent.LocalAddr()))
	if results["0"] != "pass closed" {
		t.Errorf("got %q", results["0"])
	}
}

func TestAnEchoOfSomethingElseIsNoAnswer(t *testing.T) {
	liar, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer liar.Close()
	go func() {
		buffer := make([]byte, 512)
		for {
			_, sender, err := liar.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = liar.WriteTo([]byte("something else"), sender)
		}
	}()
	results := checkLines(t, 0, fmt.Sprintf("0 udp %s open", liar.LocalAddr()))
	if results["0"] != "fail closed" {
		t.Errorf("got %q", results["0"])
	}
}

func TestACheckIsTriedUntilItIsAsDeclared(t *testing.T) {
	port := freePort(t)
	time.AfterFunc(500*time.Millisecond, func() {
		if err := serve([]int{port}); err != nil {
			t.Error(err)
		}
	})
	results := checkLines(t, 20*time.Second,
		fmt.Sprintf("0 tcp 127.0.0.1:%d open", port),
		fmt.Sprintf("1 udp 127.0.0.1:%d open", port),
	)
	if results["0"] != "pass open" || results["1"] != "pass open" {
		t.Errorf("got %v", results)
	}
}

// answerName answers every question for an A record of `name` with 10.96.0.1, and every other with "no such name".
func answerName(t *testing.T, name string) string {
	t.Helper()
	server, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	var question []byte
	for label := range strings.SplitSeq(name, ".") {
		question = append(append(question, byte(len(label))), label...)
	}
	question = append(question, 0, 0, 1, 0, 1)
	go func() {
		buffer := make([]byte, 512)
		for {
			length, sender, err := server.ReadFrom(buffer)
			if err != nil {
				return
			}
			asked := buffer[12:length]
			header := []byte{buffer[0], buffer[1], 0x84, 0x03, 0, 1, 0, 0, 0, 0, 0, 0}
			var answer []byte
			if bytes.HasPrefix(asked, question) {
				header[3], header[7] = 0, 1
				answer = []byte{0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 96, 0, 1}
			}
			// Without the options that the question may carry behind it.
			end := 12 + bytes.IndexByte(asked, 0) + 5
			_, _ = server.WriteTo(append(append(header, buffer[12:end]...), answer...), sender)
		}
	}()
	return server.LocalAddr().String()
}

func TestDNS(t *testing.T) {
	server := answerName(t, "kubernetes.default.svc.cluster.local")
	results := checkLines(t, 0,
		"0 dns kubernetes.default.svc.cluster.local "+server,
		"1 dns nobody.default.svc.cluster.local "+server,
		fmt.Sprintf("2 dns kubernetes.default.svc.cluster.local 127.0.0.1:%d", freePort(t)),
	)
	expectInOrder(t, results, "pass answered", "fail unanswered", "fail unanswered")
}

func TestWhatIsNoCheckIsRefused(t *testing.T) {
	for _, line := range []string{"", "0 tcp 127.0.0.1:1", "0 sctp 127.0.0.1:1 open", "0 tcp 127.0.0.1:1 maybe", "0 dns name"} {
		if _, err := parseChecks(strings.NewReader(line + "\n")); err == nil {
			t.Errorf("%q was taken", line)
		}
	}
}

func TestWhatIsNoPortIsRefused(t *testing.T) {
	for _, word := range []string{"0", "65536", "http", "-1"} {
		if _, err := parsePorts([]string{word}); err == nil {
			t.Errorf("%q was taken", word)
		}
	}
}

// scripted makes tries of a check end as told, the last way again and again, and counts them.
func scripted(t *testing.T, ways ...string) *int {
	t.Helper()
	tries := 0
	attempt = func(check) string {
		way := ways[min(tries, len(ways)-1)]
		tries++
		return way
	}
	t.Cleanup(func() { attempt = try })
	return &tries
}

func TestARefusalCountsAtOnce(t *testing.T) {
	scripted(t, refused)
	start := time.Now()
	expectInOrder(t, checkLines(t, 10*time.Second, "0 tcp 192.0.2.1:80 closed"), "pass closed")
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestSilenceCountsWhenThePolicyEngineHasHadTime(t *testing.T) {
	tries := scripted(t, silent)
	start := time.Now()
	expectInOrder(t, checkLines(t, 10*time.Second, "0 tcp 192.0.2.1:80 closed"), "pass closed")
	if took := time.Since(start); took < silence || *tries != 2 {
		t.Errorf("it took %s and %d tries", took, *tries)
	}
}

func TestWhatIsSilentAtFirstAndOpenLaterIsOpen(t *testing.T) {
	scripted(t, silent, open)
	expectInOrder(t, checkLines(t, 0, "0 tcp 192.0.2.1:80 closed"), "fail open")
}

func TestWhatIsOpenAtFirstMayBeRefusedWhenPoliciesArrive(t *testing.T) {
	scripted(t, open, open, refused)
	expectInOrder(t, checkLines(t, 10*time.Second, "0 udp 192.0.2.1:80 closed"), "pass closed")
}

func TestWhatIsToBeOpenAndIsNotIsClosed(t *testing.T) {
	scripted(t, silent)
	expectInOrder(t, checkLines(t, 0, "0 tcp 192.0.2.1:80 open"), "fail closed")
	scripted(t, refused)
	expectInOrder(t, checkLines(t, 0, "0 tcp 192.0.2.1:80 open"), "fail closed")
}
