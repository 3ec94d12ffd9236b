package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// program is the built host.
var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		folder, err := os.MkdirTemp("", "language-host-")
		if err != nil {
			panic(err)
		}
		defer func() { _ = os.RemoveAll(folder) }()
		program = filepath.Join(folder, "pulumi-language-nodejs")
		build := exec.Command("go", "build", "-ldflags", "-X main.version=3.232.0", "-o", program, ".")
		if output, err := build.CombinedOutput(); err != nil {
			panic(fmt.Sprintf("%v: %s", err, output))
		}
		return m.Run()
	}())
}

// startEngine listens like an engine does; it answers nothing, which is enough to be alive.
func startEngine(t *testing.T) (*grpc.Server, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	engine := grpc.NewServer()
	go func() { _ = engine.Serve(listener) }()
	t.Cleanup(engine.Stop)
	return engine, listener.Addr().String()
}

// runningHost is a started host and what its process has said and how it ended.
type runningHost struct {
	pulumirpc.LanguageRuntimeClient
	process *os.Process
	output  *bufio.Reader
	ended   chan struct{}
}

func startHost(t *testing.T, arguments ...string) *runningHost {
	t.Helper()
	command := exec.Command(program, arguments...)
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	started := &runningHost{process: command.Process, output: bufio.NewReader(stdout), ended: make(chan struct{})}
	port, err := started.output.ReadString('\n')
	if err != nil {
		t.Fatalf("the host names no port: %v", err)
	}
	go func() {
		_, _ = command.Process.Wait()
		close(started.ended)
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-started.ended
	})
	connection, err := grpc.NewClient("127.0.0.1:"+strings.TrimSpace(port), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	started.LanguageRuntimeClient = pulumirpc.NewLanguageRuntimeClient(connection)
	return started
}

// layProgram makes a program whose SDK is a script of the test.
func layProgram(t *testing.T, script string) string {
	t.Helper()
	return lay(t, map[string]string{
		"package.json": `{"name":"program"}`,
		"node_modules/@pulumi/pulumi/cmd/run/index.js":        script,
		"node_modules/@pulumi/pulumi/cmd/run-plugin/index.js": script,
		"node_modules/@pulumi/tls/package.json":               `{"name":"@pulumi/tls","version":"5.3.0","pulumi":{"resource":true}}`,
	})
}

func TestHostAnswersTheEngine(t *testing.T) {
	_, engine := startEngine(t)
	host := startHost(t, "--logtostderr", "-v=1", engine)
	ctx, folder := context.Background(), layProgram(t, "")
	if _, err := host.Handshake(ctx, &pulumirpc.LanguageHandshakeRequest{EngineAddress: engine}); err != nil {
		t.Errorf("Handshake: %v", err)
	}
	info, err := host.GetPluginInfo(ctx, &emptypb.Empty{})
	if err != nil || info.GetVersion() != "3.232.0" {
		t.Errorf("GetPluginInfo: got %v, %v", info, err)
	}
	request := &pulumirpc.GetRequiredPackagesRequest{Info: programInfo(t, folder, nil)}
	packages, err := host.GetRequiredPackages(ctx, request)
	if err != nil || len(packages.GetPackages()) != 1 || packages.GetPackages()[0].GetName() != "tls" {
		t.Errorf("GetRequiredPackages: got %v, %v", packages, err)
	}
	about, err := host.About(ctx, &pulumirpc.AboutRequest{})
	if err != nil || !strings.HasPrefix(about.GetVersion(), "v") || about.GetMetadata()["packagemanager"] != "npm" {
		t.Errorf("About: got %v, %v", about, err)
	}
	_, err = host.GeneratePackage(ctx, &pulumirpc.GeneratePackageRequest{})
	if status.Code(err) != codes.Unimplemented || !strings.Contains(err.Error(), "Fix: ") {
		t.Errorf("GeneratePackage: got %v", err)
	}
}

func TestProgramGetsArgumentsConfigurationAndOptions(t *testing.T) {
	_, engine := startEngine(t)
	host := startHost(t, engine)
	folder := layProgram(t, `console.log(JSON.stringify([process.execArgv, process.argv.slice(2), process.env.PULUMI_CONFIG,
		process.env.PULUMI_NODEJS_TYPESCRIPT ?? null]))`)
	response, err := host.Run(context.Background(), &pulumirpc.RunRequest{
		MonitorAddress: "127.0.0.1:1", Config: map[string]string{"a:b": "c"},
		Info: programInfo(t, folder, map[string]any{"typescript": false, "nodeargs": "--title=x"}),
	})
	if err != nil || response.GetError() != "" || response.GetBail() {
		t.Fatalf("got %v, %v", response, err)
	}
	line, err := host.output.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	expected := fmt.Sprintf(`[["--title=x"], ["--monitor","127.0.0.1:1","--engine",%q,"--root-directory",%q,
		"--pwd",%q,"--parallel","0","."],
		"{\"a:config:b\":\"c\"}", null]`, engine, folder, folder)
	if json.Unmarshal(line, &got) != nil || json.Unmarshal([]byte(expected), &want) != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestEndOfTheProgramIsReported(t *testing.T) {
	_, engine := startEngine(t)
	host := startHost(t, engine)
	for script, want := range map[string]*pulumirpc.RunResponse{
		"":                                     {},
		"process.exit(32)":                     {Bail: true},
		"process.exit(7)":                      {Error: "Program exited with non-zero exit code: 7"},
		"process.kill(process.pid, 'SIGKILL')": {Error: "Program exited with non-zero exit code: -1"},
		"console.error('<--- Last few GCs --->');process.abort()": {Error: "Program exited with non-zero exit code: -1. " + memoryAdvice},
	} {
		got, err := host.Run(context.Background(), &pulumirpc.RunRequest{Info: programInfo(t, layProgram(t, script), nil)})
		if err != nil || got.GetError() != want.GetError() || got.GetBail() != want.GetBail() {
			t.Errorf("%q: got %v, %v, want %v", script, got, err, want)
		}
	}
	got, err := host.Run(context.Background(), &pulumirpc.RunRequest{Info: programInfo(t, t.TempDir(), nil)})
	if err != nil || !strings.Contains(got.GetError(), "@pulumi/pulumi is not installed") {
		t.Errorf("without the SDK: got %v, %v", got, err)
	}
}

func TestPluginOutputIsStreamed(t *testing.T) {
	_, engine := startEngine(t)
	host := startHost(t, engine)
	folder := layProgram(t, `console.log(process.argv[2], process.env.GIVEN); console.error("to stderr"); process.exitCode = 3`)
	stream, err := host.RunPlugin(context.Background(), &pulumirpc.RunPluginRequest{
		Info: programInfo(t, folder, nil), Pwd: folder, Kind: "resource", Env: []string{"GIVEN=yes"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	for {
		message, err := stream.Recv()
		if err != nil {
			if !strings.Contains(err.Error(), "exit code: 3") {
				t.Errorf("got error %v", err)
			}
			break
		}
		stdout.Write(message.GetStdout())
		stderr.Write(message.GetStderr())
	}
	if stdout.String() != folder+" yes\n" || stderr.String() != "to stderr\n" {
		t.Errorf("got stdout %q, stderr %q", stdout.String(), stderr.String())
	}
}

// waitingScript starts a child in the program's process group, names both processes and waits for ever.
const waitingScript = `const child = require("node:child_process").spawn("sleep", ["600"], { stdio: "ignore" });
console.log(process.pid, child.pid); setInterval(() => {}, 1000);`

func TestNothingOfTheProgramOutlivesItsReason(t *testing.T) {
	for name, end := range map[string]struct {
		act func(host *runningHost, engine *grpc.Server, cancelRequest func())
		// hostEnds: the host goes as well.
		hostEnds bool
	}{
		"the request is cancelled": {func(_ *runningHost, _ *grpc.Server, cancel func()) { cancel() }, false},
		"the engine cancels": {func(host *runningHost, _ *grpc.Server, _ func()) {
			_, _ = host.Cancel(context.Background(), &emptypb.Empty{})
		}, false},
		"the host is terminated": {func(host *runningHost, _ *grpc.Server, _ func()) { _ = host.process.Signal(syscall.SIGTERM) }, true},
		"the engine is gone":     {func(_ *runningHost, engine *grpc.Server, _ func()) { engine.Stop() }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine, address := startEngine(t)
			host := startHost(t, address)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			request := &pulumirpc.RunRequest{Info: programInfo(t, layProgram(t, waitingScript), nil)}
			go func() { _, _ = host.Run(ctx, request) }()
			processes := readProcesses(t, host)
			end.act(host, engine, cancel)
			for _, process := range processes {
				eventually(t, fmt.Sprintf("process %d ends", process), func() bool { return !alive(process) })
			}
			if end.hostEnds {
				eventually(t, "the host ends", func() bool {
					select {
					case <-host.ended:
						return true
					default:
						return false
					}
				})
			}
		})
	}
}

func TestKilledHostTakesNodeWithIt(t *testing.T) {
	_, engine := startEngine(t)
	host := startHost(t, engine)
	script := `console.log(process.pid, process.pid); setInterval(() => {}, 1000);`
	request := &pulumirpc.RunRequest{Info: programInfo(t, layProgram(t, script), nil)}
	go func() { _, _ = host.Run(context.Background(), request) }()
	processes := readProcesses(t, host)
	if err := host.process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "node ends", func() bool { return !alive(processes[0]) })
}

func readProcesses(t *testing.T, host *runningHost) []int {
	t.Helper()
	line, err := host.output.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	processes := make([]int, 2)
	if _, err := fmt.Sscan(line, &processes[0], &processes[1]); err != nil || slices.Contains(processes, 0) {
		t.Fatalf("%q names no two processes: %v", line, err)
	}
	return processes
}

// alive says whether a process runs; one that ended but was not waited for doesn't.
func alive(process int) bool {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(content), ") ")
	return !strings.HasPrefix(state, "Z")
}

func eventually(t *testing.T, what string, reached func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if reached() {
			return
		}
	}
	t.Fatalf("not within 10 s: %s", what)
}
