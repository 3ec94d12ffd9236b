package main

import (
	"slices"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

func programInfo(t *testing.T, folder string, options map[string]any) *pulumirpc.ProgramInfo {
	t.Helper()
	values, err := structpb.NewStruct(options)
	if err != nil {
		t.Fatal(err)
	}
	return &pulumirpc.ProgramInfo{RootDirectory: folder, ProgramDirectory: folder, EntryPoint: ".", Options: values}
}

func TestOptionsAreThoseOfPulumiYaml(t *testing.T) {
	read, err := readOptions(programInfo(t, "/", map[string]any{
		"typescript": false, "tsconfig": "tsconfig.pulumi.json", "nodeargs": `--import tsx --title "two words"`, "production": true,
	}))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"--import", "tsx", "--title", "two words"}; !slices.Equal(read.nodeArgs, want) {
		t.Errorf("nodeargs: got %q, want %q", read.nodeArgs, want)
	}
	if want := []string{"PULUMI_NODEJS_TSCONFIG_PATH=tsconfig.pulumi.json"}; !slices.Equal(read.environment(), want) {
		t.Errorf("environment: got %q, want %q", read.environment(), want)
	}
	if !read.production {
		t.Error("production must be true")
	}
}

func TestTypeScriptIsCompiledByDefault(t *testing.T) {
	read, err := readOptions(programInfo(t, "/", nil))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"PULUMI_NODEJS_TYPESCRIPT=true"}; !slices.Equal(read.environment(), want) {
		t.Errorf("environment: got %q, want %q", read.environment(), want)
	}
}

func TestOptionsOfTheWrongTypeAreNamed(t *testing.T) {
	for name, value := range map[string]any{
		"typescript": "yes", "tsconfig": true, "nodeargs": 3, "production": "no", "packagemanager": false,
	} {
		_, err := readOptions(programInfo(t, "/", map[string]any{name: value}))
		if err == nil || !strings.Contains(err.Error(), "runtime.options."+name) {
			t.Errorf("%s = %v: got error %v", name, value, err)
		}
	}
	if _, err := readOptions(programInfo(t, "/", map[string]any{"nodeargs": `--title "open`})); err == nil {
		t.Error("an open quote in nodeargs must be an error")
	}
}

func TestOnlyNpmInstallsPackages(t *testing.T) {
	arguments, err := installArguments(programInfo(t, "/", map[string]any{"packagemanager": "npm", "production": true}))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"install", "--loglevel=error", "--omit=dev"}; !slices.Equal(arguments, want) {
		t.Errorf("got %q, want %q", arguments, want)
	}
	_, err = installArguments(programInfo(t, "/", map[string]any{"packagemanager": "pnpm"}))
	if err == nil || !strings.Contains(err.Error(), "packagemanager = pnpm") || !strings.Contains(err.Error(), "use npm") {
		t.Errorf("pnpm: got error %v", err)
	}
}
