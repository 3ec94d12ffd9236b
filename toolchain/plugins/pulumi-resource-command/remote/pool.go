package remote

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sync/singleflight"
)

const (
	// sessionsPerClient stays below the default of MaxSessions, 10 (sshd_config(5)).
	sessionsPerClient = 8
	// answersWithin bounds the first word of a server on a login that was kept.
	answersWithin = 10 * time.Second
)

// pool keeps the SSH connections of this process, so that a host costs one login and not one for each resource.
// Connections that differ in any field, if only in a timeout, never share a login.
type pool struct {
	mu      sync.Mutex
	clients map[string][]*client
	dials   singleflight.Group
	// aliveWithin is how soon a server that is still there opens a session on a login that was kept.
	aliveWithin time.Duration
	// askedEvery is how often a server is asked whether it is still there.
	askedEvery time.Duration
}

var connections = newPool(answersWithin, askedEvery)

func newPool(aliveWithin, askedEvery time.Duration) *pool {
	return &pool{clients: map[string][]*client{}, aliveWithin: aliveWithin, askedEvery: askedEvery}
}

// client is one login. The pool's mutex guards its fields.
type client struct {
	*ssh.Client
	key string
	// users is how many sessions are open; of a proxy, how many clients go through it.
	users, limit int
	// retired clients take no further users and close with their last.
	retired bool
	// ended is closed when the login has ended, silent when the server does not answer any more.
	ended, silent chan struct{}
}

// session is an SSH session that gives its place back.
type session struct {
	*ssh.Session
	release func()
	// silent is closed when the server does not answer any more; silence says so.
	silent  <-chan struct{}
	silence error
}

func (s *session) close() {
	s.Close()
	s.release()
}

// open gives a session at the connection's host, over a login that is kept or a new one.
func (p *pool) open(ctx context.Context, to *Connection) (*session, error) {
	for {
		c, kept, err := p.lease(ctx, "Dial", to)
		if err != nil {
			return nil, err
		}
		s, err := p.newSession(ctx, c, kept)
		if err == nil {
			silence := silentError{to.address(), missedAnswers * p.askedEvery}
			return &session{s, func() { p.release(c) }, c.silent, silence}, nil
		}
		again := p.blame(c, err) || kept
		p.release(c)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		// Nothing has been asked of the host yet, so that another login is safe.
		if !again {
			return nil, err
		}
	}
}

// newSession opens a session; on a login that was kept, which may be dead without knowing it, within a time.
func (p *pool) newSession(ctx context.Context, c *client, kept bool) (*ssh.Session, error) {
	if kept {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.aliveWithin)
		defer cancel()
	}
	type answer struct {
		session *ssh.Session
		err     error
	}
	answers := make(chan answer, 1)
	go func() {
		session, err := c.NewSession()
		answers <- answer{session, err}
	}()
	select {
	case a := <-answers:
		return a.session, a.err
	case <-ctx.Done():
		go func() {
			if a := <-answers; a.err == nil {
				a.session.Close()
			}
		}()
		return nil, ctx.Err()
	}
}

// blame draws the consequence of a failed session and says whether another login may give one. A server that
// refuses a session while others are open allows fewer than this pool thought (MaxSessions); other errors mean
// that the login is dead.
func (p *pool) blame(c *client, err error) (again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var refused *ssh.OpenChannelError
	if errors.As(err, &refused) && c.users > 1 {
		c.limit = c.users - 1
		return true
	}
	p.forget(c)
	return false
}

// lease gives a client with a place for one more user, and whether it was kept from before this call.
func (p *pool) lease(ctx context.Context, what string, to *Connection) (c *client, kept bool, err error) {
	key, err := to.identity()
	if err != nil {
		return nil, false, err
	}
	if c = p.reserve(key); c != nil {
		return c, true, nil
	}
	login, err := to.login()
	if err != nil {
		return nil, false, err
	}
	defer login.close()
	limit := valueOr(to.DialErrorLimit, defaultDialErrorLimit)
	err = retryDial(ctx, what, limit, func() error {
		for c = p.reserve(key); c == nil; c = p.reserve(key) {
			if err := p.dialOnce(ctx, key, to, login.ClientConfig); err != nil {
				return err
			}
		}
		return nil
	})
	return c, false, err
}

// dialOnce makes one attempt at a login, or waits for the one that is under way.
func (p *pool) dialOnce(ctx context.Context, key string, to *Connection, config *ssh.ClientConfig) error {
	dial := func() (any, error) {
		// Others wait for this attempt, too: it does not end with whoever began it.
		dialled, err := p.dial(context.WithoutCancel(ctx), to, config)
		if err == nil {
			p.keep(&client{
				Client: dialled, key: key, limit: sessionsPerClient,
				ended: make(chan struct{}), silent: make(chan struct{}),
			})
		}
		return nil, err
	}
	select {
	case result := <-p.dials.DoChan(key, dial):
		return result.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pool) dial(ctx context.Context, to *Connection, config *ssh.ClientConfig) (*ssh.Client, error) {
	if to.Proxy != nil {
		return p.dialThrough(ctx, to, config)
	}
	conn, err := dialTCP(to.address(), config.Timeout)
	if err != nil {
		return nil, err
	}
	return handshake(conn, to.address(), config)
}

// dialThrough logs in through the proxy, whose own login is shared as well.
func (p *pool) dialThrough(ctx context.Context, to *Connection, config *ssh.ClientConfig) (*ssh.Client, error) {
	proxy, _, err := p.lease(ctx, "Dial proxy", &Connection{endpoint: to.Proxy.endpoint})
	if err != nil {
		return nil, finalError{fmt.Errorf("proxy: %w", err)}
	}
	if config.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, config.Timeout)
		defer cancel()
	}
	conn, err := proxy.DialContext(ctx, "tcp", to.address())
	if err != nil {
		p.blameProxy(proxy, err)
		p.release(proxy)
		return nil, fmt.Errorf("proxy: %w", err)
	}
	dialled, err := handshake(conn, to.address(), config)
	if err != nil {
		p.release(proxy)
		return nil, fmt.Errorf("proxy: %w", err)
	}
	go func() {
		_ = dialled.Wait()
		p.release(proxy)
	}()
	return dialled, nil
}

// blameProxy gives a proxy up that did not even say that it can't reach the host.
func (p *pool) blameProxy(proxy *client, err error) {
	var refused *ssh.OpenChannelError
	if errors.As(err, &refused) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget(proxy)
}

// keep adds a client until its connection ends.
func (p *pool) keep(c *client) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clients[c.key] = append(p.clients[c.key], c)
	go c.watch(p.askedEvery)
	go func() {
		_ = c.Wait()
		close(c.ended)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.forget(c)
	}()
}

// reserve takes a place on a client that has one, nil if none has.
func (p *pool) reserve(key string) *client {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.clients[key] {
		if c.users < c.limit {
			c.users++
			return c
		}
	}
	return nil
}

func (p *pool) release(c *client) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.users--
	if c.retired && c.users == 0 {
		c.Close()
	}
}

// forget retires a client: what runs on it goes on, nothing begins. The caller holds the mutex.
func (p *pool) forget(c *client) {
	c.retired = true
	p.clients[c.key] = slices.DeleteFunc(p.clients[c.key], func(other *client) bool { return other == c })
	if c.users == 0 {
		c.Close()
	}
}
