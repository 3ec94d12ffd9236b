package remote

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"redoubt.dev/pulumi-resource-command/internal/script"
	"redoubt.dev/pulumi-resource-command/internal/sshtest"
)

const anyPort = "127.0.0.1:0"

func to(s *sshtest.Server) *Connection {
	return &Connection{endpoint: endpoint{Host: &s.Host, Port: &s.Port, HostKey: &s.HostKey}}
}

func limited(c *Connection, dialErrorLimit int) *Connection {
	c.DialErrorLimit = &dialErrorLimit
	return c
}

func runAt(ctx context.Context, c *Connection, command, stdin string) (script.Outputs, error) {
	outputs := CommandOutputs{CommandInputs: CommandInputs{Connection: c}}
	outputs.Stdin = &stdin
	err := outputs.run(ctx, &command)
	return outputs.Outputs, err
}

func mustRun(t *testing.T, c *Connection, command, wanted string) {
	t.Helper()
	outputs, err := runAt(context.Background(), c, command, "")
	if err != nil {
		t.Fatal(err)
	}
	if outputs.Stdout != wanted {
		t.Fatalf("%q gave %q, not %q", command, outputs.Stdout, wanted)
	}
}

func inParallel(count int, do func()) {
	var group sync.WaitGroup
	for range count {
		group.Go(do)
	}
	group.Wait()
}

func TestStdinReachesTheCommand(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 1<<16)
	outputs, err := runAt(context.Background(), to(sshtest.Start(t, anyPort, 10)), "cat; echo told >&2", large)
	if err != nil {
		t.Fatal(err)
	}
	if outputs.Stdout != large || outputs.Stderr != "told" {
		t.Errorf("%d bytes of output, errors %q", len(outputs.Stdout), outputs.Stderr)
	}
}

func TestExitStatusIsAnError(t *testing.T) {
	_, err := runAt(context.Background(), to(sshtest.Start(t, anyPort, 10)), "echo out; exit 7", "")
	wanted := "Process exited with status 7: running \"echo out; exit 7\":\nout\n"
	if err == nil || err.Error() != wanted {
		t.Errorf("error %q, not %q", err, wanted)
	}
}

func TestAnotherHostKeyIsRefused(t *testing.T) {
	server, other := sshtest.Start(t, anyPort, 10), sshtest.Start(t, anyPort, 10)
	// No attempt follows the first: the test would take minutes.
	c := limited(to(server), 50)
	c.HostKey = &other.HostKey
	_, err := runAt(context.Background(), c, "true", "")
	if err == nil || !strings.HasPrefix(err.Error(), "host key mismatch: "+server.Address()+" shows ssh-ed25519 SHA256:") {
		t.Errorf("unexpected error %v", err)
	}
	if server.Commands.Load() != 0 {
		t.Error("the command ran at a host with another key")
	}
}

func TestAnUnreadableKeyIsNotTriedAgain(t *testing.T) {
	c := to(sshtest.Start(t, anyPort, 10))
	broken := "no key"
	c.PrivateKey = &broken
	started := time.Now()
	if _, err := runAt(context.Background(), c, "true", ""); err == nil {
		t.Error("accepted")
	}
	if time.Since(started) > time.Second {
		t.Error("tried again")
	}
}

func TestDialsUntilTheServerAppears(t *testing.T) {
	listener, err := net.Listen("tcp", anyPort)
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().(*net.TCPAddr)
	listener.Close()
	host, port := "127.0.0.1", float64(address.Port)
	c := &Connection{endpoint: endpoint{Host: &host, Port: &port}}
	time.AfterFunc(700*time.Millisecond, func() { sshtest.Start(t, address.String(), 10) })
	inParallel(3, func() {
		if _, err := runAt(context.Background(), c, "true", ""); err != nil {
			t.Error(err)
		}
	})
}

func TestGivesUpAtTheDialErrorLimit(t *testing.T) {
	server := sshtest.Start(t, anyPort, 10)
	c := limited(to(server), 2)
	server.Stop()
	_, err := runAt(context.Background(), c, "true", "")
	if err == nil || !strings.Contains(err.Error(), "after 2 failed attempts: dial tcp") {
		t.Errorf("unexpected error %v", err)
	}
}

func TestASilentServerCostsOneAttempt(t *testing.T) {
	listener, err := net.Listen("tcp", anyPort)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	host, port, seconds := "127.0.0.1", float64(listener.Addr().(*net.TCPAddr).Port), 1
	c := limited(&Connection{endpoint: endpoint{Host: &host, Port: &port, PerDialTimeout: &seconds}}, 0)
	started := time.Now()
	if _, err := runAt(context.Background(), c, "true", ""); err == nil {
		t.Error("no error")
	}
	if time.Since(started) > 3*time.Second {
		t.Error("not bounded by perDialTimeout")
	}
}

func TestOneLoginServesManyCommands(t *testing.T) {
	server := sshtest.Start(t, anyPort, 10)
	for range 5 {
		mustRun(t, to(server), "echo hi", "hi")
	}
	inParallel(8, func() { mustRun(t, to(server), "sleep 0.1; echo hi", "hi") })
	if logins := server.Logins.Load(); logins != 1 {
		t.Errorf("%d logins", logins)
	}
}

func TestConnectionsThatDifferDoNotShareALogin(t *testing.T) {
	server := sshtest.Start(t, anyPort, 10)
	mustRun(t, to(server), "echo hi", "hi")
	mustRun(t, limited(to(server), 11), "echo hi", "hi")
	if logins := server.Logins.Load(); logins != 2 {
		t.Errorf("%d logins", logins)
	}
}

func TestMoreCommandsThanOneLoginHoldsRunAtOnce(t *testing.T) {
	server := sshtest.Start(t, anyPort, 10)
	started := time.Now()
	inParallel(40, func() { mustRun(t, to(server), "sleep 1; echo hi", "hi") })
	if logins := server.Logins.Load(); logins < 5 || logins > 10 {
		t.Errorf("%d logins for 40 commands at once", logins)
	}
	if time.Since(started) > 5*time.Second {
		t.Error("commands waited for each other")
	}
}

func TestAServerThatAllowsFewSessionsGetsMoreLogins(t *testing.T) {
	server := sshtest.Start(t, anyPort, 2)
	inParallel(10, func() { mustRun(t, to(server), "sleep 0.2; echo hi", "hi") })
	if commands := server.Commands.Load(); commands != 10 {
		t.Errorf("%d commands ran", commands)
	}
}

func TestAHostThatWasAwayIsDialledAgain(t *testing.T) {
	server := sshtest.Start(t, anyPort, 10)
	mustRun(t, to(server), "echo hi", "hi")
	server.Disconnect()
	mustRun(t, to(server), "echo hi", "hi")
	if logins := server.Logins.Load(); logins != 2 {
		t.Errorf("%d logins", logins)
	}
}

func TestAHostThatIsSilentlyGoneIsDialledAgain(t *testing.T) {
	server, p := sshtest.Start(t, anyPort, 10), newPool(200*time.Millisecond, askedEvery)
	for range 2 {
		session, err := p.open(context.Background(), to(server))
		if err != nil {
			t.Fatal(err)
		}
		session.close()
		server.Freeze()
	}
	if logins := server.Logins.Load(); logins != 2 {
		t.Errorf("%d logins", logins)
	}
}

// hurry makes the connections of this test ask so often whether their servers are there.
func hurry(t *testing.T, every time.Duration) {
	before := connections
	connections = newPool(answersWithin, every)
	t.Cleanup(func() { connections = before })
}

func TestAHostThatStopsAnsweringEndsTheCommandAndIsNamed(t *testing.T) {
	hurry(t, 100*time.Millisecond)
	host, proxy := sshtest.Start(t, anyPort, 10), sshtest.Start(t, anyPort, 10)
	through := to(host)
	through.Proxy = &ProxyConnection{to(proxy).endpoint}
	for _, c := range []*Connection{to(host), through} {
		time.AfterFunc(300*time.Millisecond, host.Freeze)
		started := time.Now()
		_, err := runAt(context.Background(), c, "sleep 20", "")
		if err == nil || !strings.HasPrefix(err.Error(), host.Address()+" has not answered for 300ms") {
			t.Errorf("unexpected error %v", err)
		}
		if time.Since(started) > 5*time.Second {
			t.Error("waited for the command")
		}
	}
	// The next command finds another login.
	mustRun(t, to(host), "echo hi", "hi")
}

func TestAHostThatAnswersIsWaitedFor(t *testing.T) {
	hurry(t, 20*time.Millisecond)
	server := sshtest.Start(t, anyPort, 10)
	mustRun(t, to(server), "sleep 1; echo hi", "hi")
	if logins := server.Logins.Load(); logins != 1 {
		t.Errorf("%d logins", logins)
	}
}

func TestABegunCommandIsNeverTriedAgain(t *testing.T) {
	server := sshtest.Start(t, anyPort, 10)
	mustRun(t, to(server), "echo hi", "hi")
	time.AfterFunc(300*time.Millisecond, server.Disconnect)
	_, err := runAt(context.Background(), to(server), "sleep 2", "")
	if err == nil {
		t.Error("no error although the host went away")
	}
	if commands := server.Commands.Load(); commands != 2 {
		t.Errorf("%d commands ran", commands)
	}
}

func TestCancelEndsTheCommandAtTheHost(t *testing.T) {
	server := sshtest.Start(t, anyPort, 10)
	mark := t.TempDir() + "/mark"
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	_, err := runAt(ctx, to(server), "sleep 1; touch "+mark, "")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("unexpected error %v", err)
	}
	time.Sleep(1200 * time.Millisecond)
	mustRun(t, to(server), "ls "+mark+" 2>/dev/null || echo ended", "ended")
}

func TestCancelEndsTheDialling(t *testing.T) {
	server := sshtest.Start(t, anyPort, 10)
	c := limited(to(server), -1)
	server.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if _, err := runAt(ctx, c, "true", ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("unexpected error %v", err)
	}
}

func TestAProxyIsDialledOnceForManyHosts(t *testing.T) {
	proxy := sshtest.Start(t, anyPort, 10)
	var hosts []*sshtest.Server
	for range 3 {
		host := sshtest.Start(t, anyPort, 10)
		hosts = append(hosts, host)
		c := to(host)
		c.Proxy = &ProxyConnection{to(proxy).endpoint}
		mustRun(t, c, "echo hi", "hi")
		mustRun(t, c, "echo hi", "hi")
	}
	if proxy.Logins.Load() != 1 || proxy.Commands.Load() != 0 || hosts[0].Logins.Load() != 1 {
		t.Errorf("%d logins at the proxy, %d at the first host", proxy.Logins.Load(), hosts[0].Logins.Load())
	}
	proxy.Disconnect()
	c := to(hosts[0])
	c.Proxy = &ProxyConnection{to(proxy).endpoint}
	mustRun(t, c, "echo hi", "hi")
}

func TestAProxyThatIsAwayIsNamed(t *testing.T) {
	host, proxy := sshtest.Start(t, anyPort, 10), sshtest.Start(t, anyPort, 10)
	proxy.Stop()
	c := to(host)
	c.Proxy = &ProxyConnection{limited(to(proxy), 0).endpoint}
	_, err := runAt(context.Background(), c, "true", "")
	if err == nil || !strings.HasPrefix(err.Error(), "proxy: after 0 failed attempts: dial tcp") {
		t.Errorf("unexpected error %v", err)
	}
}
