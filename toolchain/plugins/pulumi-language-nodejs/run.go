package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// exitedAfterMessage is the code of a program that has already said what is wrong (@pulumi/pulumi, cmd/run).
const exitedAfterMessage = 32

// options are those of `runtime.options` in Pulumi.yaml that this host honours.
type options struct {
	// typeScript lets @pulumi/pulumi compile the program itself. Default: true.
	typeScript bool
	// tsconfig is the compiler's configuration. Default: tsconfig.json of the program.
	tsconfig string
	// nodeArgs stand before the program, as in "--import tsx".
	nodeArgs []string
}

func readOptions(info *pulumirpc.ProgramInfo) (options, error) {
	read := options{typeScript: true}
	for name, value := range info.GetOptions().AsMap() {
		switch name {
		case "typescript":
			enabled, isBool := value.(bool)
			if !isBool {
				return read, fmt.Errorf("Pulumi.yaml: runtime option typescript = %v must be true or false", value)
			}
			read.typeScript = enabled
		case "tsconfig":
			read.tsconfig = fmt.Sprint(value)
		case "nodeargs":
			read.nodeArgs = strings.Fields(fmt.Sprint(value))
		case "packagemanager":
			if value != "npm" && value != "auto" {
				return read, fmt.Errorf("Pulumi.yaml: runtime option packagemanager = %v is not served here. Fix: use npm", value)
			}
		}
	}
	return read, nil
}

// environment is what the program finds beside its arguments.
func (read options) environment() []string {
	environment := os.Environ()
	if read.typeScript {
		environment = append(environment, "PULUMI_NODEJS_TYPESCRIPT=true")
	}
	if read.tsconfig != "" {
		environment = append(environment, "PULUMI_NODEJS_TSCONFIG_PATH="+read.tsconfig)
	}
	return environment
}

// sdkScript finds an entry point of the program's own @pulumi/pulumi, upwards from its folder as Node.js does.
func sdkScript(program, name string) (string, error) {
	for folder := program; ; folder = filepath.Dir(folder) {
		script := filepath.Join(folder, "node_modules", "@pulumi", "pulumi", "cmd", name, "index.js")
		if _, err := os.Stat(script); err == nil {
			return script, nil
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("@pulumi/pulumi is not installed in %s. Fix: run npm install there", program)
		}
	}
}

// runArguments are those of @pulumi/pulumi's cmd/run.
func (h *host) runArguments(request *pulumirpc.RunRequest) []string {
	var arguments []string
	add := func(name, value string) {
		if value != "" {
			arguments = append(arguments, "--"+name, value)
		}
	}
	add("monitor", request.GetMonitorAddress())
	add("engine", h.engine)
	add("organization", request.GetOrganization())
	add("project", request.GetProject())
	add("root-directory", request.GetInfo().GetRootDirectory())
	add("stack", request.GetStack())
	add("pwd", request.GetPwd())
	if request.GetDryRun() {
		arguments = append(arguments, "--dry-run")
	}
	add("parallel", strconv.Itoa(int(request.GetParallel())))
	add("tracing", h.tracing)
	entry := request.GetInfo().GetEntryPoint()
	if entry == "" {
		entry = "."
	}
	return append(append(arguments, entry), request.GetArgs()...)
}

// configuration gives the program's configuration as its two variables.
func configuration(request *pulumirpc.RunRequest) ([]string, error) {
	values := request.GetConfig()
	if values == nil {
		values = map[string]string{}
	}
	encoded, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	secretKeys := request.GetConfigSecretKeys()
	if secretKeys == nil {
		secretKeys = []string{}
	}
	encodedKeys, err := json.Marshal(secretKeys)
	if err != nil {
		return nil, err
	}
	return []string{"PULUMI_CONFIG=" + string(encoded), "PULUMI_CONFIG_SECRET_KEYS=" + string(encodedKeys)}, nil
}

// nodeCommand starts Node.js in a process group of its own that ends with the context: whatever the program started goes too.
func nodeCommand(ctx context.Context, arguments []string) *exec.Cmd {
	command := exec.CommandContext(ctx, "node", arguments...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	command.WaitDelay = time.Second
	return command
}

// untilStopped joins the end of a request with the end of the engine.
func (h *host) untilStopped(ctx context.Context) (context.Context, context.CancelFunc) {
	joined, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(h.stopping, cancel)
	return joined, func() {
		stop()
		cancel()
	}
}

// Run runs the program to its end.
func (h *host) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	read, err := readOptions(request.GetInfo())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	script, err := sdkScript(request.GetInfo().GetProgramDirectory(), "run")
	if err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	variables, err := configuration(request)
	if err != nil {
		return nil, err
	}
	ctx, release := h.untilStopped(ctx)
	defer release()
	command := nodeCommand(ctx, append(append(read.nodeArgs, script), h.runArguments(request)...))
	command.Dir = request.GetPwd()
	command.Env = append(read.environment(), variables...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	return runResponse(command.Run()), nil
}

// runResponse tells the engine how the program ended, and whether there is anything left to say.
func runResponse(err error) *pulumirpc.RunResponse {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}
	case !errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("could not run node: %v", err)}
	case exit.ExitCode() == exitedAfterMessage:
		return &pulumirpc.RunResponse{Bail: true}
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program exited with non-zero exit code: %d", exit.ExitCode())}
	}
}

// RunPlugin runs a policy pack, or another plugin, and passes what it writes on.
func (h *host) RunPlugin(request *pulumirpc.RunPluginRequest, stream pulumirpc.LanguageRuntime_RunPluginServer) error {
	read, err := readOptions(request.GetInfo())
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	name := "run-plugin"
	if request.GetKind() == "analyzer" {
		name = "run-policy-pack"
	}
	program := request.GetInfo().GetProgramDirectory()
	script, err := sdkScript(program, name)
	if err != nil {
		return status.Error(codes.FailedPrecondition, err.Error())
	}
	ctx, release := h.untilStopped(stream.Context())
	defer release()
	arguments := append(append(read.nodeArgs, script), pluginArguments(name, request)...)
	command := nodeCommand(ctx, arguments)
	command.Dir = request.GetPwd()
	command.Env = append(read.environment(), request.GetEnv()...)
	send := func(stdout, stderr []byte) error {
		if stdout != nil {
			return stream.Send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stdout{Stdout: stdout}})
		}
		return stream.Send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stderr{Stderr: stderr}})
	}
	code, err := runStreaming(command, send)
	if err != nil && code == 0 {
		return err
	}
	exitCode := &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(code)} //nolint:gosec // an exit code has eight bits
	return stream.Send(&pulumirpc.RunPluginResponse{Output: exitCode})
}

// pluginArguments: a policy pack wants the engine's address before its folder, which the engine passes as first argument.
func pluginArguments(name string, request *pulumirpc.RunPluginRequest) []string {
	program := request.GetInfo().GetProgramDirectory()
	arguments := request.GetArgs()
	if name != "run-policy-pack" || len(arguments) == 0 {
		return append([]string{program}, arguments...)
	}
	return append([]string{arguments[0], program}, arguments[1:]...)
}

// runStreaming runs a command and hands on what it writes, as it writes it.
func runStreaming(command *exec.Cmd, send func(stdout, stderr []byte) error) (int, error) {
	outputs := make(chan func() error)
	finished := make(chan error, 1)
	command.Stdout = writer(func(chunk []byte) { outputs <- func() error { return send(chunk, nil) } })
	command.Stderr = writer(func(chunk []byte) { outputs <- func() error { return send(nil, chunk) } })
	go func() {
		finished <- command.Run()
		close(outputs)
	}()
	var failed error
	for output := range outputs {
		if failed == nil {
			failed = output()
		}
	}
	err := <-finished
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), err
	}
	return 0, errors.Join(err, failed)
}

// writer hands each chunk on; the chunk is its own, because the stream keeps it.
type writer func(chunk []byte)

func (w writer) Write(chunk []byte) (int, error) {
	w(append([]byte{}, chunk...))
	return len(chunk), nil
}
