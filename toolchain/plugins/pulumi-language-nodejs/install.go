package main

import (
	"fmt"
	"os/exec"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// InstallDependencies installs the program's npm packages, at the versions of its lock file if it has one.
func (h *host) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest,
	server grpc.ServerStreamingServer[pulumirpc.InstallDependenciesResponse],
) error {
	program := request.GetInfo().GetProgramDirectory()
	arguments, err := installArguments(request.GetInfo())
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return status.Errorf(codes.FailedPrecondition, "could not find npm on the PATH: %v. Fix: install it with Node.js", err)
	}
	ctx, release := join(server.Context(), h.programs)
	defer release()
	stream := &serialStream[pulumirpc.InstallDependenciesResponse]{ServerStreamingServer: server}
	closer, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(stream, request.GetIsTerminal())
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, "Installing dependencies...")
	command := exec.CommandContext(ctx, npm, arguments...)
	command.Dir = program
	command.Stdout, command.Stderr = stdout, stderr
	if err := command.Run(); err != nil {
		_ = closer.Close()
		return status.Errorf(codes.Internal, "npm install in %s: %v", program, err)
	}
	fmt.Fprintln(stdout, "Finished installing dependencies")
	return closer.Close()
}

// installArguments are those of npm.
func installArguments(info *pulumirpc.ProgramInfo) ([]string, error) {
	read, err := readOptions(info)
	if err != nil {
		return nil, err
	}
	if read.packageManager != "npm" && read.packageManager != "auto" {
		return nil, fmt.Errorf("runtime.options.packagemanager = %s is not served by this language host. Fix: use npm", read.packageManager)
	}
	arguments := []string{"install", "--loglevel=error"}
	if read.production {
		arguments = append(arguments, "--omit=dev")
	}
	return arguments, nil
}
