package remote

import (
	"fmt"
	"time"
)

const (
	// askedEvery is how long a login goes without a question; as ServerAliveInterval (ssh_config(5)).
	askedEvery = 20 * time.Second
	// missedAnswers is how many times that a server may say nothing; as ServerAliveCountMax.
	missedAnswers = 3
)

// silentError says that a server stopped answering while something ran there.
type silentError struct {
	address string
	after   time.Duration
}

func (e silentError) Error() string {
	return fmt.Sprintf("%s has not answered for %s, so what ran there may go on, or be gone with the host", e.address, e.after)
}

// watch asks the server again and again whether it is there, and closes a login that it no longer answers on. Without that
// a script on a host that lost its power would be waited for without end: behind a proxy no TCP connection of ours breaks.
// It ends with the login.
func (c *client) watch(every time.Duration) {
	for {
		select {
		case <-c.ended:
			return
		case <-time.After(every):
		}
		answered := make(chan error, 1)
		go func() {
			// Any answer will do; OpenSSH refuses what it does not know. Answers come in order (RFC 4254, section 4), so that
			// a second question would tell nothing that the first does not.
			_, _, err := c.SendRequest("keepalive@openssh.com", true, nil)
			answered <- err
		}()
		select {
		case <-c.ended:
			return
		case err := <-answered:
			if err != nil {
				return
			}
		case <-time.After(missedAnswers * every):
			close(c.silent)
			c.Close()
			return
		}
	}
}

// explain gives the reason of an error on a session whose server does not answer any more: that the session has ended says
// nothing. Others stay what they are.
func (s *session) explain(err error) error {
	select {
	case <-s.silent:
		if err != nil {
			return s.silence
		}
	default:
	}
	return err
}
