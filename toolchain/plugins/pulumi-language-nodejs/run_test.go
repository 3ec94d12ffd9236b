package main

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func TestRunArgumentsAreThoseOfTheSdk(t *testing.T) {
	request := &pulumirpc.RunRequest{
		MonitorAddress: "127.0.0.1:1",
		Organization:   "organization",
		Project:        "project",
		Stack:          "dev",
		Pwd:            "/elsewhere",
		DryRun:         true,
		Parallel:       16,
		Args:           []string{"argument"},
		Info:           &pulumirpc.ProgramInfo{RootDirectory: "/project", ProgramDirectory: "/project/source", EntryPoint: "main.ts"},
	}
	want := strings.Fields("--monitor 127.0.0.1:1 --engine 127.0.0.1:2 --organization organization --project project " +
		"--root-directory /project --stack dev --pwd /project/source --dry-run --parallel 16 --tracing tcp://trace main.ts argument")
	if got := runArguments(request, "127.0.0.1:2", "tcp://trace"); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	request.DryRun = false
	got := runArguments(request, "127.0.0.1:2", "")
	if slices.Contains(got, "--dry-run") || slices.Contains(got, "--tracing") {
		t.Errorf("an update without tracing has arguments %q", got)
	}
}

func TestConfigurationIsPassedByEnvironment(t *testing.T) {
	for _, example := range []struct {
		values map[string]string
		secret []string
		want   []string
	}{
		{nil, nil, []string{`PULUMI_CONFIG={}`, `PULUMI_CONFIG_SECRET_KEYS=[]`}},
		{
			map[string]string{"project:password": "s3cret", "aws:config:region": "a:b"}, []string{"project:password"},
			[]string{
				`PULUMI_CONFIG={"aws:config:region":"a:b","project:config:password":"s3cret"}`,
				`PULUMI_CONFIG_SECRET_KEYS=["project:password"]`,
			},
		},
	} {
		got, err := configurationVariables(example.values, example.secret)
		if err != nil || !slices.Equal(got, example.want) {
			t.Errorf("got  %q, %v\nwant %q", got, err, example.want)
		}
	}
	if _, err := configurationVariables(map[string]string{"bare": "value"}, nil); err == nil {
		t.Error("a key without namespace must be an error")
	}
}

func TestPolicyPacksGetTheirFolderLastAndPluginsFirst(t *testing.T) {
	request := &pulumirpc.RunPluginRequest{
		Kind: "analyzer", Args: []string{"-v=9", "127.0.0.1:1"}, Info: &pulumirpc.ProgramInfo{ProgramDirectory: "/pack"},
	}
	if got, want := pluginArguments(request, nil), []string{"-v=9", "127.0.0.1:1", "/pack"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	request.Kind = "resource"
	want := []string{"--title", "/pack", "-v=9", "127.0.0.1:1"}
	if got := pluginArguments(request, []string{"--title"}); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPolicyPacksKnowTheirStack(t *testing.T) {
	got, err := stackVariables(&pulumirpc.AnalyzerStackConfigureRequest{
		Organization: "organization", Project: "project", Stack: "dev", DryRun: true, Config: map[string]string{"project:a": "b"},
	})
	want := []string{
		"PULUMI_NODEJS_DRY_RUN=true", "PULUMI_NODEJS_ORGANIZATION=organization", "PULUMI_NODEJS_PROJECT=project",
		"PULUMI_NODEJS_STACK=dev", `PULUMI_CONFIG={"project:a":"b"}`,
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got  %q, %v\nwant %q", got, err, want)
	}
	if got, err := stackVariables(nil); err != nil || len(got) != 0 {
		t.Errorf("without a stack: got %q, %v", got, err)
	}
}

func TestLackOfMemoryIsNoticedAcrossChunks(t *testing.T) {
	for _, chunks := range [][]string{
		{"x\n<--- Last few GCs --->\n"},
		{"x\n<--- Last", " few ", "GCs --->\n"},
	} {
		var passed bytes.Buffer
		watch := &memoryWatch{Writer: &passed}
		for _, chunk := range chunks {
			if _, err := io.WriteString(watch, chunk); err != nil {
				t.Fatal(err)
			}
		}
		if !watch.seen || passed.String() != strings.Join(chunks, "") {
			t.Errorf("%q: seen %t, passed on %q", chunks, watch.seen, passed.String())
		}
	}
}
