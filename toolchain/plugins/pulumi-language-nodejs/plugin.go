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
	"syscall"

	"github.com/pulumi/pulumi/sdk/v3"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// analyzer is the engine's word for a policy pack.
const analyzer = "analyzer"

// RunPlugin runs a policy pack, or another plugin, and passes what it writes on.
func (h *host) RunPlugin(
	request *pulumirpc.RunPluginRequest, server grpc.ServerStreamingServer[pulumirpc.RunPluginResponse],
) error {
	ctx, release := join(server.Context(), h.stopping)
	defer release()
	stream := &serialStream[pulumirpc.RunPluginResponse]{ServerStreamingServer: server}
	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(stream, false)
	if err != nil {
		return err
	}
	defer func() { _ = closer.Close() }()
	command, err := pluginCommand(ctx, request)
	if err != nil {
		return status.Error(codes.FailedPrecondition, err.Error())
	}
	command.Stderr = stderr
	// The thread is held until the plugin has ended, see nodeCommand.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if request.GetKind() == analyzer {
		err = runPolicyPack(ctx, command, stdout)
	} else {
		command.Stdout = stdout
		err = command.Run()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return errors.New(exitMessage(exit))
	}
	if err != nil {
		return fmt.Errorf("could not run plugin %s: %w", request.GetInfo().GetProgramDirectory(), err)
	}
	return nil
}

func pluginCommand(ctx context.Context, request *pulumirpc.RunPluginRequest) (*exec.Cmd, error) {
	read, err := readOptions(request.GetInfo())
	if err != nil {
		return nil, err
	}
	if request.GetAttachDebugger() {
		return nil, errors.New("this language host attaches no debugger to plugins. Fix: leave --attach-debugger out")
	}
	node, err := findNode()
	if err != nil {
		return nil, err
	}
	name := "run-plugin"
	if request.GetKind() == analyzer {
		name = "run-policy-pack"
	}
	script, err := sdkScript(request.GetInfo().GetProgramDirectory(), name)
	if err != nil {
		return nil, err
	}
	command := nodeCommand(ctx, node, append([]string{script}, pluginArguments(request, read.nodeArgs)...), syscall.SIGKILL)
	command.Dir = request.GetPwd()
	if request.GetKind() == analyzer {
		command.Dir = request.GetInfo().GetProgramDirectory()
	}
	command.Env = append(append(os.Environ(), request.GetEnv()...), read.environment()...)
	return command, nil
}

// pluginArguments: a policy pack wants the engine's address before its own folder, other plugins want theirs first. Arguments
// of Node.js stand behind the script, where they have no effect, because Pulumi's host has them there: @pulumi/pulumi compiles
// every plugin itself, and a loader would compile it twice.
func pluginArguments(request *pulumirpc.RunPluginRequest, nodeArgs []string) []string {
	program := request.GetInfo().GetProgramDirectory()
	if request.GetKind() == analyzer {
		return append(append(nodeArgs, request.GetArgs()...), program)
	}
	return append(append(nodeArgs, program), request.GetArgs()...)
}

// runPolicyPack starts a pack when the engine has said for which stack, because @pulumi/policy reads that from its environment.
// Until then, and in between, the SDK's proxy answers the engine.
func runPolicyPack(ctx context.Context, command *exec.Cmd, stdout io.Writer) error {
	proxy, packStdout, err := sdk.NewPolicyProxy(ctx, stdout)
	if err != nil {
		return err
	}
	stack, err := proxy.AwaitConfiguration(ctx)
	if err != nil {
		return fmt.Errorf("the engine did not say for which stack: %w", err)
	}
	variables, err := stackVariables(stack)
	if err != nil {
		return err
	}
	command.Env = append(command.Env, variables...)
	command.Stdout = packStdout
	if err := command.Start(); err != nil {
		return err
	}
	defer killGroup(command)
	return proxy.Attach(ctx, command)
}

// stackVariables are what @pulumi/pulumi finds its stack by. A pack that is published, not run, has none.
func stackVariables(stack *pulumirpc.AnalyzerStackConfigureRequest) ([]string, error) {
	if stack == nil {
		return nil, nil
	}
	variables := []string{"PULUMI_NODEJS_DRY_RUN=" + strconv.FormatBool(stack.GetDryRun())}
	add := func(name, value string) {
		if value != "" {
			variables = append(variables, name+"="+value)
		}
	}
	add("PULUMI_NODEJS_ORGANIZATION", stack.GetOrganization())
	add("PULUMI_NODEJS_PROJECT", stack.GetProject())
	add("PULUMI_NODEJS_STACK", stack.GetStack())
	if stack.GetConfig() == nil {
		return variables, nil
	}
	configuration, err := json.Marshal(stack.GetConfig())
	if err != nil {
		return nil, err
	}
	return append(variables, "PULUMI_CONFIG="+string(configuration)), nil
}
