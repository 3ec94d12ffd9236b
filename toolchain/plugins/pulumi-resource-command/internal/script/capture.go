package script

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	p "github.com/pulumi/pulumi-go-provider"
)

// Capture keeps the two streams of a script and shows their lines as progress. Safe for concurrent use.
type Capture struct {
	mu             sync.Mutex
	both           bytes.Buffer
	stdout, stderr *stream
}

// NewCapture shows what logging asks for in the engine's log of the resource that ctx is about.
func NewCapture(ctx context.Context, logging *Logging) *Capture {
	return newCapture(p.GetLogger(ctx).InfoStatus, logging)
}

func newCapture(show func(line string), logging *Logging) *Capture {
	c := &Capture{}
	c.stdout, c.stderr = &stream{capture: c}, &stream{capture: c}
	if logging.shows(LogStdout) {
		c.stdout.show = show
	}
	if logging.shows(LogStderr) {
		c.stderr.show = show
	}
	return c
}

// Stdout takes what the script writes to its standard output.
func (c *Capture) Stdout() io.Writer { return c.stdout }

// Stderr takes what the script writes to its standard error.
func (c *Capture) Stderr() io.Writer { return c.stderr }

// Finish ends the capture: the outputs of a script that succeeded, or the error of one that failed (err), which
// quotes the command and everything that it wrote.
func (c *Capture) Finish(command string, err error) (Outputs, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stdout.flush()
	c.stderr.flush()
	if err != nil {
		return Outputs{}, fmt.Errorf("%w: running %q:\n%s", err, command, c.both.String())
	}
	return Outputs{
		Stdout: strings.TrimSuffix(c.stdout.all.String(), "\n"),
		Stderr: strings.TrimSuffix(c.stderr.all.String(), "\n"),
	}, nil
}

type stream struct {
	capture *Capture
	all     bytes.Buffer
	// line is the begun line that has not been shown yet.
	line []byte
	// show is nil for a stream that is not shown.
	show func(line string)
}

func (s *stream) Write(written []byte) (int, error) {
	s.capture.mu.Lock()
	defer s.capture.mu.Unlock()
	s.all.Write(written)
	s.capture.both.Write(written)
	if s.show == nil {
		return len(written), nil
	}
	s.line = append(s.line, written...)
	for {
		line, rest, found := bytes.Cut(s.line, []byte("\n"))
		if !found {
			return len(written), nil
		}
		s.show(strings.TrimSuffix(string(line), "\r"))
		s.line = rest
	}
}

func (s *stream) flush() {
	if len(s.line) > 0 {
		s.show(string(s.line))
		s.line = nil
	}
}
