package local

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"redoubt.dev/pulumi-resource-command/internal/script"
)

func run(t *testing.T, c CommandOutputs, command string) CommandOutputs {
	t.Helper()
	if err := c.run(context.Background(), &command); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestGetsStdinFolderEnvironmentAndPreviousOutput(t *testing.T) {
	dir, stdin := t.TempDir(), "from stdin"
	c := CommandOutputs{Outputs: script.Outputs{Stdout: "before"}}
	c.Dir, c.Stdin, c.Environment = &dir, &stdin, map[string]string{"NAME": "value"}
	c = run(t, c, `cat; echo; pwd; echo "$NAME $PULUMI_COMMAND_STDOUT"`)
	if wanted := "from stdin\n" + dir + "\nvalue before"; c.Stdout != wanted {
		t.Errorf("%q, not %q", c.Stdout, wanted)
	}
}

func TestInterpreterIsGivenTheScript(t *testing.T) {
	var c CommandOutputs
	c.Interpreter = &[]string{"/bin/echo", "given"}
	if c = run(t, c, "a script"); c.Stdout != "given a script" {
		t.Errorf("%q", c.Stdout)
	}
}

func TestExitStatusIsAnError(t *testing.T) {
	var c CommandOutputs
	command := "echo out; exit 3"
	err := c.run(context.Background(), &command)
	if err == nil || err.Error() != "exit status 3: running \"echo out; exit 3\":\nout\n" {
		t.Errorf("unexpected error %q", err)
	}
}

func TestCancelKillsTheProgramsThatTheScriptStarted(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	var c CommandOutputs
	command := "(sleep 1; touch " + mark + ") & wait"
	started := time.Now()
	if err := c.run(ctx, &command); err == nil || !strings.Contains(err.Error(), "signal: killed") {
		t.Errorf("unexpected error %v", err)
	}
	if time.Since(started) > 900*time.Millisecond {
		t.Error("waited for the programs")
	}
	time.Sleep(1200 * time.Millisecond)
	if _, err := os.Stat(mark); err == nil {
		t.Error("a program of the script outlived it")
	}
}

func TestFilesAreCollectedByGlob(t *testing.T) {
	dir := t.TempDir()
	var c CommandOutputs
	c.Dir = &dir
	c.AssetPaths = &[]string{"a/**", "!**secret*"}
	c.ArchivePaths = &[]string{"*.txt"}
	c = run(t, c, "mkdir -p a/b; touch a/b/one a/secret top.txt")
	if names := slices.Collect(maps.Keys(*c.Assets)); !slices.Equal(names, []string{"a/b/one"}) {
		t.Errorf("assets %q", names)
	}
	if members, ok := c.Archive.GetAssets(); !ok || len(members) != 1 || members["top.txt"] == nil {
		t.Errorf("archive %v", members)
	}
}
