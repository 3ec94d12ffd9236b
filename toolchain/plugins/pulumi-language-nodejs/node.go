package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
)

// gracePeriod is what an interrupted program has left to end by itself.
const gracePeriod = 5 * time.Second

func findNode() (string, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return "", fmt.Errorf("could not find node on the PATH: %w. Fix: install Node.js", err)
	}
	return node, nil
}

// sdkScript finds an entry point of the program's own @pulumi/pulumi, upwards from its folder as Node.js does.
func sdkScript(program, name string) (string, error) {
	for folder := program; ; folder = filepath.Dir(folder) {
		script := filepath.Join(folder, "node_modules", "@pulumi", "pulumi", "cmd", name, "index.js")
		if _, err := os.Stat(script); err == nil {
			return filepath.EvalSymlinks(script)
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("@pulumi/pulumi is not installed in %s. Fix: run `pulumi install` or `npm install` there", program)
		}
	}
}

// nodeCommand prepares Node.js as head of a process group of its own, so that whatever the program starts can be ended with it.
// The group gets the signal when the context ends. Node.js is killed when the host dies without a chance to do that; the kernel
// ties this to the thread that starts it, so the caller must hold its thread (runtime.LockOSThread).
func nodeCommand(ctx context.Context, node string, arguments []string, signal syscall.Signal) *exec.Cmd {
	command := exec.CommandContext(ctx, node, arguments...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, signal) }
	command.WaitDelay = gracePeriod
	return command
}

// killGroup ends what is left of a command's process group.
func killGroup(command *exec.Cmd) {
	if command.Process != nil {
		// That no one is left is what we want.
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
	}
}

// join gives a context that ends with either.
func join(ctx, other context.Context) (context.Context, context.CancelFunc) {
	joined, cancel := context.WithCancel(ctx)
	release := context.AfterFunc(other, cancel)
	return joined, func() {
		release()
		cancel()
	}
}

// serialStream lets stdout and stderr of a process be sent at the same time, which a gRPC stream by itself forbids.
type serialStream[T any] struct {
	grpc.ServerStreamingServer[T]
	mutex sync.Mutex
}

// Send sends one message after another.
func (stream *serialStream[T]) Send(message *T) error {
	stream.mutex.Lock()
	defer stream.mutex.Unlock()
	return stream.ServerStreamingServer.Send(message)
}

// memoryMark starts what V8 prints before it gives up for lack of heap.
var memoryMark = []byte("<--- Last few GCs --->")

// memoryWatch passes stderr on and notices when Node.js ran out of heap.
type memoryWatch struct {
	io.Writer
	tail []byte
	seen bool
}

// Write looks for the mark, which may be split over two chunks.
func (watch *memoryWatch) Write(chunk []byte) (int, error) {
	if !watch.seen {
		window := append(watch.tail, chunk...)
		watch.seen = bytes.Contains(window, memoryMark)
		watch.tail = bytes.Clone(window[max(0, len(window)-len(memoryMark)):])
	}
	return watch.Writer.Write(chunk)
}
