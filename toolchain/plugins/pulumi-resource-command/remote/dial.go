package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"
)

const (
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
)

// finalError is an error of a dial that no further attempt would mend.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

// retryDial calls attempt until it succeeds, has failed more often than limit, or ctx ends. A limit below zero is
// none. The pauses between attempts grow from 0.1 s by half each time, to 5 s: 11.3 s in all for a limit of 10.
func retryDial(ctx context.Context, what string, limit int, attempt func() error) error {
	pause := firstPause
	for failed := 0; ; failed++ {
		err := attempt()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var final finalError
		if errors.As(err, &final) {
			return final.error
		}
		shown := "inf"
		if limit >= 0 {
			if failed >= limit {
				return fmt.Errorf("after %d failed attempts: %w", failed, err)
			}
			shown = strconv.Itoa(limit)
		}
		p.GetLogger(ctx).InfoStatusf("%s %d/%s failed: retrying", what, failed+1, shown)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(pause*3/2, longestPause)
	}
}

func dialTCP(address string, timeout time.Duration) (net.Conn, error) {
	dialer := net.Dialer{Timeout: timeout}
	return dialer.Dial("tcp", address)
}

// handshake logs in over conn, which it closes on failure. The bound matters for a server that accepts while it
// boots, or stops, and then says nothing.
func handshake(conn net.Conn, address string, config *ssh.ClientConfig) (*ssh.Client, error) {
	if config.Timeout > 0 {
		// Not by a deadline: connections through a proxy have none.
		defer time.AfterFunc(config.Timeout, func() { conn.Close() }).Stop()
	}
	inner, channels, requests, err := ssh.NewClientConn(conn, address, config)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return ssh.NewClient(inner, channels, requests), nil
}
