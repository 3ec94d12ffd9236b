package remote

import (
	"context"
	"fmt"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"

	"redoubt.dev/pulumi-resource-command/internal/script"
)

// run executes command, if there is one, and keeps its outputs. It fails if the command does.
func (c *CommandOutputs) run(ctx context.Context, command *string) error {
	if command == nil {
		return nil
	}
	session, err := connections.open(ctx, c.Connection)
	if err != nil {
		return err
	}
	defer session.close()
	if err := c.setEnvironment(ctx, session); err != nil {
		return err
	}
	if c.Stdin != nil && *c.Stdin != "" {
		session.Stdin = strings.NewReader(*c.Stdin)
	}
	capture := script.NewCapture(ctx, c.Logging)
	session.Stdout, session.Stderr = capture.Stdout(), capture.Stderr()
	outputs, err := capture.Finish(*command, execute(ctx, session, *command))
	if err != nil {
		return err
	}
	c.Outputs = outputs
	return nil
}

// execute runs command to its end, to the end of ctx, or until the server does not answer any more. It is never tried twice.
func execute(ctx context.Context, session *session, command string) error {
	ended := make(chan error, 1)
	go func() { ended <- session.Run(command) }()
	select {
	case err := <-ended:
		return session.explain(err)
	case <-session.silent:
		return session.silence
	case <-ctx.Done():
		// Without a terminal a server does not end what runs in a session that closes. OpenSSH does not signal
		// what root has started either: that ends when it writes to the closed session.
		_ = session.Signal(ssh.SIGTERM)
		return ctx.Err()
	}
}

func (c *CommandOutputs) setEnvironment(ctx context.Context, session *session) error {
	logger := p.GetLogger(ctx)
	for name, value := range c.Environment {
		if err := session.Setenv(name, value); err != nil {
			logger.Error(notAccepted(name))
			return fmt.Errorf("could not set environment variable %q: %w", name, err)
		}
	}
	for _, variable := range script.PreviousOutput(c.Inputs, c.Outputs) {
		if err := session.Setenv(variable.Name, variable.Value); err != nil {
			logger.Warning(notAccepted(variable.Name))
		}
	}
	return nil
}

func notAccepted(name string) string {
	return fmt.Sprintf("Unable to set '%s'. The SSH server must accept this variable (AcceptEnv of sshd_config). "+
		"Otherwise set it in the command: 'VAR=value command'.", name)
}
