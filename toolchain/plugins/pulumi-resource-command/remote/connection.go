package remote

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

const (
	defaultUser           = "root"
	defaultPort           = 22
	defaultDialErrorLimit = 10
	defaultPerDialTimeout = 15
)

// endpoint says how to log in at one SSH server.
type endpoint struct {
	// User logs in. Default: root.
	User *string `pulumi:"user,optional"`
	// Password is tried after PrivateKey.
	Password *string `pulumi:"password,optional" provider:"secret"`
	// Host is the server's name or address.
	Host *string `pulumi:"host"`
	// Port is the server's TCP port. Default: 22.
	Port *float64 `pulumi:"port,optional"`
	// PrivateKey is the text of a private key.
	PrivateKey *string `pulumi:"privateKey,optional" provider:"secret"`
	// PrivateKeyPassword decrypts PrivateKey.
	PrivateKeyPassword *string `pulumi:"privateKeyPassword,optional" provider:"secret"`
	// AgentSocketPath is the socket of an SSH agent. Default: $SSH_AUTH_SOCK, if set.
	AgentSocketPath *string `pulumi:"agentSocketPath,optional"`
	// DialErrorLimit is how many attempts may fail before one that must not; -1: any number. Default: 10.
	DialErrorLimit *int `pulumi:"dialErrorLimit,optional"`
	// PerDialTimeout bounds one attempt, in seconds; 0: no bound. Default: 15.
	PerDialTimeout *int `pulumi:"perDialTimeout,optional"`
	// HostKey is the server's public key, as authorized_keys writes it. Without it any server is trusted.
	HostKey *string `pulumi:"hostKey,optional"`
}

// Connection says how to log in at a server, straight or through a proxy.
type Connection struct {
	endpoint
	// Proxy is the server through which Host is reached.
	Proxy *ProxyConnection `pulumi:"proxy,optional"`
}

// Annotate declares the defaults.
func (c *Connection) Annotate(a infer.Annotator) { c.annotate(a) }

// ProxyConnection says how to log in at a proxy.
type ProxyConnection struct{ endpoint }

// Annotate declares the defaults.
func (c *ProxyConnection) Annotate(a infer.Annotator) { c.annotate(a) }

func (e *endpoint) annotate(a infer.Annotator) {
	a.SetDefault(&e.User, defaultUser)
	a.SetDefault(&e.Port, defaultPort)
	a.SetDefault(&e.DialErrorLimit, defaultDialErrorLimit)
	a.SetDefault(&e.PerDialTimeout, defaultPerDialTimeout)
}

// valueOr gives the default for a value that the state does not hold.
func valueOr[T any](value *T, byDefault T) T {
	if value == nil {
		return byDefault
	}
	return *value
}

func (e *endpoint) address() string {
	return net.JoinHostPort(valueOr(e.Host, ""), strconv.Itoa(int(valueOr(e.Port, defaultPort))))
}

func (e *endpoint) timeout() time.Duration {
	return time.Duration(valueOr(e.PerDialTimeout, defaultPerDialTimeout)) * time.Second
}

// identity is equal for connections that are equal in every field, and for no others.
func (c *Connection) identity() (string, error) {
	text, err := json.Marshal(c)
	sum := sha256.Sum256(text)
	return string(sum[:]), err
}

// login is a client configuration with what it holds open.
type login struct {
	*ssh.ClientConfig
	agent net.Conn
}

func (l *login) close() {
	if l.agent != nil {
		l.agent.Close()
	}
}

// login gives how to log in. It fails when a key can't be read or the agent can't be reached.
func (e *endpoint) login() (*login, error) {
	l := &login{ClientConfig: &ssh.ClientConfig{User: valueOr(e.User, defaultUser), Timeout: e.timeout()}}
	for _, add := range []func(*login) error{e.addHostKey, e.addPrivateKey, e.addPassword, e.addAgent} {
		if err := add(l); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (e *endpoint) addHostKey(l *login) error {
	if e.HostKey == nil {
		l.HostKeyCallback = ssh.InsecureIgnoreHostKey()
		return nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*e.HostKey))
	if err != nil {
		return fmt.Errorf("failed to parse host key: %w", err)
	}
	l.HostKeyCallback = pinned(key)
	l.HostKeyAlgorithms = []string{key.Type()}
	if key.Type() == ssh.KeyAlgoRSA {
		// The key's type is also the name of its SHA-1 signatures, which servers refuse (RFC 8332).
		l.HostKeyAlgorithms = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA}
	}
	return nil
}

// pinned accepts one host key. Another one is final: no further attempt would mend it, and whoever shows it must not be
// told who tries to log in.
func pinned(key ssh.PublicKey) ssh.HostKeyCallback {
	return func(host string, _ net.Addr, shown ssh.PublicKey) error {
		if bytes.Equal(shown.Marshal(), key.Marshal()) {
			return nil
		}
		return finalError{fmt.Errorf("host key mismatch: %s shows %s %s, but %s %s is pinned. Either it is another host, or "+
			"somebody stands between: look at its key on its console before you change the pinned one",
			host, shown.Type(), ssh.FingerprintSHA256(shown), key.Type(), ssh.FingerprintSHA256(key))}
	}
}

func (e *endpoint) addPrivateKey(l *login) error {
	if e.PrivateKey == nil {
		return nil
	}
	signer, err := e.signer()
	if err != nil {
		return err
	}
	l.Auth = append(l.Auth, ssh.PublicKeys(signer))
	return nil
}

func (e *endpoint) signer() (ssh.Signer, error) {
	if e.PrivateKeyPassword == nil {
		return ssh.ParsePrivateKey([]byte(*e.PrivateKey))
	}
	return ssh.ParsePrivateKeyWithPassphrase([]byte(*e.PrivateKey), []byte(*e.PrivateKeyPassword))
}

func (e *endpoint) addPassword(l *login) error {
	if e.Password == nil {
		return nil
	}
	answer := func(_, _ string, questions []string, _ []bool) ([]string, error) {
		answers := make([]string, len(questions))
		for i := range answers {
			answers[i] = *e.Password
		}
		return answers, nil
	}
	l.Auth = append(l.Auth, ssh.Password(*e.Password), ssh.KeyboardInteractive(answer))
	return nil
}

func (e *endpoint) addAgent(l *login) error {
	socket := valueOr(e.AgentSocketPath, os.Getenv("SSH_AUTH_SOCK"))
	if socket == "" {
		return nil
	}
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	l.agent = conn
	l.Auth = append(l.Auth, ssh.PublicKeysCallback(agent.NewClient(conn).Signers))
	return nil
}
