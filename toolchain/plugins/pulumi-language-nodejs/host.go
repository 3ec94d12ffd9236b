package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// healthcheckInterval is how often the engine is looked for.
const healthcheckInterval = 5 * time.Second

// host answers the engine's questions about Node.js programs.
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	// engine is the engine's address, for logging by the program.
	engine  string
	tracing string
	// stopping ends when the engine is gone; running programs end with it.
	stopping context.Context
}

// Handshake tells the host who asks. Newer engines send their address here.
func (h *host) Handshake(
	_ context.Context, request *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	if address := request.GetEngineAddress(); address != "" {
		h.engine = address
	}
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// GetPluginInfo names the host's version.
func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

// GetRequiredPlugins is what older engines ask for; the answer is that of GetRequiredPackages.
func (h *host) GetRequiredPlugins(
	_ context.Context, request *pulumirpc.GetRequiredPluginsRequest,
) (*pulumirpc.GetRequiredPluginsResponse, error) {
	packages, err := requiredPackages(request.GetInfo().GetProgramDirectory())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetRequiredPluginsResponse{}
	for _, item := range packages {
		response.Plugins = append(response.Plugins, &pulumirpc.PluginDependency{
			Name: item.name, Kind: "resource", Version: item.version, Server: item.server,
		})
	}
	return response, nil
}

// GetRequiredPackages lists the plugins that the program's dependencies need.
func (h *host) GetRequiredPackages(
	_ context.Context, request *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	packages, err := requiredPackages(request.GetInfo().GetProgramDirectory())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetRequiredPackagesResponse{}
	for _, item := range packages {
		response.Packages = append(response.Packages, &pulumirpc.PackageDependency{
			Name: item.name, Kind: "resource", Version: item.version, Server: item.server,
		})
	}
	return response, nil
}

// GetProgramDependencies lists the npm packages that the program names, for `pulumi about`.
func (h *host) GetProgramDependencies(
	_ context.Context, request *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	dependencies, err := programDependencies(request.GetInfo().GetProgramDirectory())
	if err != nil {
		return nil, err
	}
	return &pulumirpc.GetProgramDependenciesResponse{Dependencies: dependencies}, nil
}

// About names the Node.js that runs programs.
func (h *host) About(ctx context.Context, _ *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, fmt.Errorf("node is not on the PATH: %w", err)
	}
	output, err := exec.CommandContext(ctx, node, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("%s --version failed: %w", node, err)
	}
	return &pulumirpc.AboutResponse{Executable: node, Version: strings.TrimSpace(string(output))}, nil
}

// RuntimeOptionsPrompts has nothing to ask: options stand in Pulumi.yaml.
func (h *host) RuntimeOptionsPrompts(
	context.Context, *pulumirpc.RuntimeOptionsRequest,
) (*pulumirpc.RuntimeOptionsResponse, error) {
	return &pulumirpc.RuntimeOptionsResponse{}, nil
}

// Cancel ends nothing by itself: a program ends when its request does.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// InstallDependencies installs the program's npm packages.
func (h *host) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest,
	stream pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	directory := request.GetInfo().GetProgramDirectory()
	if directory == "" {
		directory = request.GetDirectory()
	}
	send := func(stdout, stderr []byte) error {
		return stream.Send(&pulumirpc.InstallDependenciesResponse{Stdout: stdout, Stderr: stderr})
	}
	command := exec.CommandContext(stream.Context(), "npm", "install", "--no-audit", "--no-fund")
	command.Dir = directory
	if _, err := runStreaming(command, send); err != nil {
		return status.Errorf(codes.Internal, "npm install in %s: %v", directory, err)
	}
	return nil
}
