package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// exitedAfterMessage is the code of a program that has already said what is wrong (@pulumi/pulumi, cmd/run).
const exitedAfterMessage = 32

// memoryAdvice is added to the error of a program that ran out of heap.
const memoryAdvice = "Node.js ran out of memory. Fix: give it more, " +
	"as with `nodeargs: --max-old-space-size=8192` (MiB) under runtime.options in Pulumi.yaml"

// Run runs the program to its end. The program talks to the engine's monitor itself: the named pipes (--sync) that older hosts
// put beside it served calls that @pulumi/pulumi no longer makes.
func (h *host) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	engine, err := h.engineAddress()
	if err != nil {
		return nil, err
	}
	ctx, release := join(ctx, h.programs)
	defer release()
	command, err := runCommand(ctx, request, engine, h.tracing)
	if err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	// Plain writers, not files: Node.js may make what it inherits non-blocking, for us too.
	memory := &memoryWatch{Writer: os.Stderr}
	command.Stdout, command.Stderr = struct{ io.Writer }{os.Stdout}, memory
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err = command.Run()
	if ctx.Err() != nil {
		killGroup(command)
	}
	return runResponse(err, memory.seen), nil
}

func runCommand(ctx context.Context, request *pulumirpc.RunRequest, engine, tracing string) (*exec.Cmd, error) {
	read, err := readOptions(request.GetInfo())
	if err != nil {
		return nil, err
	}
	if request.GetAttachDebugger() {
		return nil, errors.New(
			"this language host attaches no debugger. Fix: leave --attach-debugger out and set `nodeargs: --inspect-brk` in Pulumi.yaml")
	}
	node, err := findNode()
	if err != nil {
		return nil, err
	}
	script, err := sdkScript(request.GetInfo().GetProgramDirectory(), "run")
	if err != nil {
		return nil, err
	}
	configuration, err := configurationVariables(request.GetConfig(), request.GetConfigSecretKeys())
	if err != nil {
		return nil, err
	}
	arguments := append(append(read.nodeArgs, script), runArguments(request, engine, tracing)...)
	command := nodeCommand(ctx, node, arguments, syscall.SIGINT)
	command.Env = append(append(os.Environ(), configuration...), read.environment()...)
	return command, nil
}

// runArguments are those of @pulumi/pulumi's cmd/run.
func runArguments(request *pulumirpc.RunRequest, engine, tracing string) []string {
	var arguments []string
	add := func(name, value string) {
		if value != "" {
			arguments = append(arguments, "--"+name, value)
		}
	}
	add("monitor", request.GetMonitorAddress())
	add("engine", engine)
	add("organization", request.GetOrganization())
	add("project", request.GetProject())
	add("root-directory", request.GetInfo().GetRootDirectory())
	add("stack", request.GetStack())
	// Where the program is, which `main` in Pulumi.yaml may move below the project's folder.
	add("pwd", request.GetInfo().GetProgramDirectory())
	if request.GetDryRun() {
		arguments = append(arguments, "--dry-run")
	}
	add("parallel", strconv.Itoa(int(request.GetParallel())))
	add("tracing", tracing)
	return append(append(arguments, request.GetInfo().GetEntryPoint()), request.GetArgs()...)
}

// configurationVariables give the stack's configuration to the program. Keys have the form <namespace>:config:<name>, in which
// programs that read the variable themselves have always found them; the list of secret keys never had it.
func configurationVariables(values map[string]string, secretKeys []string) ([]string, error) {
	named := make(map[string]string, len(values))
	for key, value := range values {
		namespace, name, found := strings.Cut(key, ":")
		if !found {
			return nil, fmt.Errorf("configuration key %q must have the form <namespace>:<name>", key)
		}
		named[namespace+":config:"+strings.TrimPrefix(name, "config:")] = value
	}
	configuration, err := json.Marshal(named)
	if err != nil {
		return nil, err
	}
	secrets, err := json.Marshal(append([]string{}, secretKeys...))
	if err != nil {
		return nil, err
	}
	return []string{"PULUMI_CONFIG=" + string(configuration), "PULUMI_CONFIG_SECRET_KEYS=" + string(secrets)}, nil
}

// runResponse tells the engine how the program ended, and whether there is anything left to say.
func runResponse(err error, outOfMemory bool) *pulumirpc.RunResponse {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}
	case !errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("could not run node: %v", err)}
	case exit.ExitCode() == exitedAfterMessage:
		return &pulumirpc.RunResponse{Bail: true}
	}
	message := exitMessage(exit)
	if outOfMemory {
		message += ". " + memoryAdvice
	}
	return &pulumirpc.RunResponse{Error: message}
}

// exitMessage has the words that the engine's users know; a signal shows as code -1.
func exitMessage(exit *exec.ExitError) string {
	return fmt.Sprintf("Program exited with non-zero exit code: %d", exit.ExitCode())
}
