// Package sshtest is an SSH server for tests. It lets everybody in and runs commands with /bin/sh on this machine.
package sshtest

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// Server counts what it serves.
type Server struct {
	Host string
	Port float64
	// HostKey is the server's public key, as authorized_keys writes it.
	HostKey string
	// Logins is how many connections have logged in.
	Logins atomic.Int32
	// Commands is how many commands have begun.
	Commands atomic.Int32

	listener    net.Listener
	config      *ssh.ServerConfig
	maxSessions int32
	mu          sync.Mutex
	connections []*connection
}

// Start serves at address ("127.0.0.1:0" for any port) until the test ends. A connection may have maxSessions open.
func Start(t testing.TB, address string, maxSessions int32) *Server {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{NoClientAuth: true}
	config.AddHostKey(signer)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{
		Host:        "127.0.0.1",
		Port:        float64(listener.Addr().(*net.TCPAddr).Port),
		HostKey:     string(ssh.MarshalAuthorizedKey(signer.PublicKey())),
		listener:    listener,
		config:      config,
		maxSessions: maxSessions,
	}
	t.Cleanup(s.Stop)
	go s.accept()
	return s
}

// Address is where the server listens.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Stop ends the server and all its connections, as a host does that goes down.
func (s *Server) Stop() {
	s.listener.Close()
	s.Disconnect()
}

// Disconnect cuts all connections; the server goes on.
func (s *Server) Disconnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.connections {
		conn.Close()
	}
	s.connections = nil
}

// Freeze makes the server deaf to what comes over the connections that there are, as if the host had lost its power.
func (s *Server) Freeze() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.connections {
		conn.frozen.Store(true)
	}
}

type connection struct {
	net.Conn
	frozen atomic.Bool
}

func (c *connection) Read(into []byte) (int, error) {
	for {
		count, err := c.Conn.Read(into)
		if err != nil || !c.frozen.Load() {
			return count, err
		}
	}
}

func (s *Server) accept() {
	for {
		accepted, err := s.listener.Accept()
		if err != nil {
			return
		}
		conn := &connection{Conn: accepted}
		s.mu.Lock()
		s.connections = append(s.connections, conn)
		s.mu.Unlock()
		go s.serve(conn)
	}
}

func (s *Server) serve(conn net.Conn) {
	_, channels, requests, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		return
	}
	s.Logins.Add(1)
	go ssh.DiscardRequests(requests)
	var sessions atomic.Int32
	for channel := range channels {
		switch {
		case channel.ChannelType() == "direct-tcpip":
			go forward(channel)
		case sessions.Load() >= s.maxSessions:
			_ = channel.Reject(ssh.ResourceShortage, "open failed")
		default:
			sessions.Add(1)
			go func() {
				defer sessions.Add(-1)
				s.session(channel)
			}()
		}
	}
}

func forward(channel ssh.NewChannel) {
	var target struct {
		Host       string
		Port       uint32
		OriginHost string
		OriginPort uint32
	}
	if err := ssh.Unmarshal(channel.ExtraData(), &target); err != nil {
		return
	}
	conn, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.ParseIP(target.Host), Port: int(target.Port)})
	if err != nil {
		_ = channel.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	accepted, requests, err := channel.Accept()
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	go func() {
		_, _ = io.Copy(conn, accepted)
		conn.Close()
	}()
	_, _ = io.Copy(accepted, conn)
	accepted.Close()
}

func (s *Server) session(accept ssh.NewChannel) {
	channel, requests, err := accept.Accept()
	if err != nil {
		return
	}
	defer channel.Close()
	environ := os.Environ()
	var process *exec.Cmd
	ended := make(chan error, 1)
	for {
		select {
		case request, open := <-requests:
			if !open {
				return
			}
			var text struct{ Value string }
			switch request.Type {
			case "env":
				var variable struct{ Name, Value string }
				_ = ssh.Unmarshal(request.Payload, &variable)
				environ = append(environ, variable.Name+"="+variable.Value)
				_ = request.Reply(true, nil)
			case "subsystem":
				_ = request.Reply(true, nil)
				go func() { ended <- serveFiles(channel) }()
			case "exec":
				_ = ssh.Unmarshal(request.Payload, &text)
				s.Commands.Add(1)
				process = command(text.Value, environ, channel)
				_ = request.Reply(process.Start() == nil, nil)
				go func() { ended <- process.Wait() }()
			case "signal":
				_ = syscall.Kill(-process.Process.Pid, syscall.SIGTERM)
			}
		case err := <-ended:
			status := struct{ Status uint32 }{}
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				status.Status = uint32(exit.ExitCode())
			}
			_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(status))
			return
		}
	}
}

func command(text string, environ []string, channel ssh.Channel) *exec.Cmd {
	process := exec.Command("/bin/sh", "-c", text)
	process.Env = environ
	process.Stdin, process.Stdout, process.Stderr = channel, channel, channel.Stderr()
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return process
}

func serveFiles(channel ssh.Channel) error {
	server, err := sftp.NewServer(channel)
	if err != nil {
		return err
	}
	return server.Serve()
}
