package local

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"redoubt.dev/pulumi-resource-command/internal/script"
)

// run executes command, if there is one, and keeps its outputs. It fails if the command does.
func (c *CommandOutputs) run(ctx context.Context, command *string) error {
	if command == nil {
		return nil
	}
	dir, err := c.folder()
	if err != nil {
		return err
	}
	capture := script.NewCapture(ctx, c.Logging)
	process := c.process(ctx, dir, *command)
	process.Stdout, process.Stderr = capture.Stdout(), capture.Stderr()

	// The death signal follows the thread that started the process, not this program (prctl(2)).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	outputs, err := capture.Finish(*command, process.Run())
	if err != nil {
		return err
	}
	if err := c.collect(dir); err != nil {
		return err
	}
	c.Outputs = outputs
	return nil
}

func (c *CommandOutputs) folder() (string, error) {
	if c.Dir != nil {
		return *c.Dir, nil
	}
	return os.Getwd()
}

func (c *CommandOutputs) process(ctx context.Context, dir, command string) *exec.Cmd {
	interpreter := []string{"/bin/sh", "-c"}
	if c.Interpreter != nil && len(*c.Interpreter) > 0 {
		interpreter = *c.Interpreter
	}
	arguments := append(append([]string{}, interpreter[1:]...), command)
	process := exec.CommandContext(ctx, interpreter[0], arguments...)
	process.Dir = dir
	process.Env = c.environ()
	if c.Stdin != nil && *c.Stdin != "" {
		process.Stdin = strings.NewReader(*c.Stdin)
	}
	// A group of its own, so that a cancelled script takes the programs that it started with it; and an end with
	// this program, because a signal for this program's group no longer reaches it.
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	process.Cancel = func() error { return syscall.Kill(-process.Process.Pid, syscall.SIGKILL) }
	return process
}

func (c *CommandOutputs) environ() []string {
	environ := os.Environ()
	for name, value := range c.Environment {
		environ = append(environ, name+"="+value)
	}
	for _, variable := range script.PreviousOutput(c.Inputs, c.Outputs) {
		environ = append(environ, variable.Name+"="+variable.Value)
	}
	return environ
}
