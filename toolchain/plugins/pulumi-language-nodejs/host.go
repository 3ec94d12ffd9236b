package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// healthcheckInterval is how often the engine is looked for: a killed engine leaves its host for so long at most.
const healthcheckInterval = time.Second

// host answers the engine's questions about Node.js programs.
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	// tracing is the endpoint that the engine named for traces, or empty.
	tracing string
	// stopping ends with the host, by stop or a signal; all that it runs ends with it.
	stopping context.Context
	stop     context.CancelFunc
	// programs ends with the host or when the engine cancels: programs end with it, policy packs and plugins don't.
	programs       context.Context
	cancelPrograms context.CancelFunc

	mutex sync.Mutex
	// engine is the engine's address. A program writes its log there.
	engine string
}

func newHost(stopping context.Context, stop context.CancelFunc, tracing string) *host {
	programs, cancelPrograms := context.WithCancel(stopping)
	return &host{
		tracing:        tracing,
		stopping:       stopping,
		stop:           stop,
		programs:       programs,
		cancelPrograms: cancelPrograms,
	}
}

// follow takes the address of the engine, and stops the host when the engine is no longer there.
func (h *host) follow(engine string) error {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.engine == engine {
		return nil
	}
	h.engine = engine
	if err := rpcutil.Healthcheck(h.stopping, engine, healthcheckInterval, h.stop); err != nil {
		return fmt.Errorf("could not watch the engine at %s: %w", engine, err)
	}
	return nil
}

// engineAddress names the engine, or says that no one has.
func (h *host) engineAddress() (string, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.engine == "" {
		return "", status.Error(codes.FailedPrecondition, "the engine's address is missing: pass it as argument or by Handshake")
	}
	return h.engine, nil
}

// Handshake tells a host that was started without an engine where that is.
func (h *host) Handshake(
	_ context.Context, request *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	if address := request.GetEngineAddress(); address != "" {
		if err := h.follow(address); err != nil {
			return nil, err
		}
	}
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// GetPluginInfo names the host's version.
func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

// GetRequiredPackages lists the plugins that the program's dependencies need.
func (h *host) GetRequiredPackages(
	_ context.Context, request *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	packages := requiredPackages(request.GetInfo().GetProgramDirectory())
	return &pulumirpc.GetRequiredPackagesResponse{Packages: packages}, nil
}

// GetRequiredPlugins is what older engines ask for; the answer is that of GetRequiredPackages.
func (h *host) GetRequiredPlugins(
	_ context.Context, request *pulumirpc.GetRequiredPluginsRequest,
) (*pulumirpc.GetRequiredPluginsResponse, error) {
	response := &pulumirpc.GetRequiredPluginsResponse{}
	for _, item := range requiredPackages(request.GetInfo().GetProgramDirectory()) {
		response.Plugins = append(response.Plugins, &pulumirpc.PluginDependency{
			Name: item.GetName(), Kind: item.GetKind(), Version: item.GetVersion(), Server: item.GetServer(),
		})
	}
	return response, nil
}

// GetProgramDependencies lists the npm packages that the program names, or all that are installed, for `pulumi about`.
func (h *host) GetProgramDependencies(
	_ context.Context, request *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	program := request.GetInfo().GetProgramDirectory()
	dependencies, err := programDependencies(program, request.GetTransitiveDependencies())
	if err != nil {
		return nil, err
	}
	return &pulumirpc.GetProgramDependenciesResponse{Dependencies: dependencies}, nil
}

// About names the Node.js that runs programs and the npm that installs their packages.
func (h *host) About(ctx context.Context, _ *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	node, err := findNode()
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{
		Executable: node,
		Version:    versionOf(ctx, node),
		Metadata:   map[string]string{"packagemanager": "npm", "packagemanagerVersion": versionOf(ctx, "npm")},
	}, nil
}

// versionOf asks a program for its version. An unknown version is no reason to fail: it is only shown.
func versionOf(ctx context.Context, program string) string {
	output, err := exec.CommandContext(ctx, program, "--version").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(output))
}

// RuntimeOptionsPrompts has nothing to ask: the one package manager is npm, the other options stand in Pulumi.yaml.
func (h *host) RuntimeOptionsPrompts(
	context.Context, *pulumirpc.RuntimeOptionsRequest,
) (*pulumirpc.RuntimeOptionsResponse, error) {
	return &pulumirpc.RuntimeOptionsResponse{}, nil
}

// Template adds nothing to a template that `pulumi new` has laid out.
func (h *host) Template(context.Context, *pulumirpc.TemplateRequest) (*pulumirpc.TemplateResponse, error) {
	return &pulumirpc.TemplateResponse{}, nil
}

// Cancel interrupts the running program.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.cancelPrograms()
	return &emptypb.Empty{}, nil
}

// unserved says why a request that turns schemas or PCL into code gets no answer.
func unserved(method string) error {
	return status.Errorf(codes.Unimplemented,
		"%s: this language host runs programs, it doesn't generate or pack code. Fix: use the one of Pulumi's releases for that", method)
}

// GenerateProgram is not served.
func (h *host) GenerateProgram(
	context.Context, *pulumirpc.GenerateProgramRequest,
) (*pulumirpc.GenerateProgramResponse, error) {
	return nil, unserved("GenerateProgram")
}

// GenerateProject is not served.
func (h *host) GenerateProject(
	context.Context, *pulumirpc.GenerateProjectRequest,
) (*pulumirpc.GenerateProjectResponse, error) {
	return nil, unserved("GenerateProject")
}

// GeneratePackage is not served.
func (h *host) GeneratePackage(
	context.Context, *pulumirpc.GeneratePackageRequest,
) (*pulumirpc.GeneratePackageResponse, error) {
	return nil, unserved("GeneratePackage")
}

// Pack is not served.
func (h *host) Pack(context.Context, *pulumirpc.PackRequest) (*pulumirpc.PackResponse, error) {
	return nil, unserved("Pack")
}

// Link is not served.
func (h *host) Link(context.Context, *pulumirpc.LinkRequest) (*pulumirpc.LinkResponse, error) {
	return nil, unserved("Link")
}
