package remote

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"redoubt.dev/pulumi-resource-command/internal/sshtest"
)

func file(t *testing.T, content string, parts ...string) string {
	t.Helper()
	name := filepath.Join(parts...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func mustHold(t *testing.T, content string, parts ...string) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(parts...))
	if err != nil || string(got) != content {
		t.Errorf("%s holds %q (%v), not %q", filepath.Join(parts...), got, err, content)
	}
}

func copyTo(t *testing.T, server *sshtest.Server, source any, remotePath string) error {
	t.Helper()
	in := CopyToRemoteInputs{Connection: to(server), RemotePath: remotePath}
	switch source := source.(type) {
	case *resource.Asset:
		in.Source = types.AssetOrArchive{Asset: source}
	case *resource.Archive:
		in.Source = types.AssetOrArchive{Archive: source}
	}
	return in.copy(context.Background())
}

func mustCopy(t *testing.T, server *sshtest.Server, source any, remotePath string) {
	t.Helper()
	if err := copyTo(t, server, source, remotePath); err != nil {
		t.Error(err)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func TestFilesLandWhereTheRemotePathSays(t *testing.T) {
	server := sshtest.Start(t, anyPort, 10)
	from, there := t.TempDir(), t.TempDir()
	asset := must(resource.NewPathAsset(file(t, "content", from, "a.txt")))

	mustCopy(t, server, asset, filepath.Join(there, "new/folder/b.txt"))
	mustHold(t, "content", there, "new/folder/b.txt")

	mustCopy(t, server, asset, filepath.Join(there, "new"))
	mustHold(t, "content", there, "new/a.txt")

	file(t, "something longer than before", there, "c.txt")
	mustCopy(t, server, asset, filepath.Join(there, "c.txt"))
	mustHold(t, "content", there, "c.txt")
}

func TestFoldersKeepTheirNameUnlessASlashEndsThem(t *testing.T) {
	server := sshtest.Start(t, anyPort, 10)
	from, there := t.TempDir(), t.TempDir()
	file(t, "content", from, "folder/below/a.txt")
	folder := must(resource.NewPathArchive(filepath.Join(from, "folder")))
	contents := must(resource.NewPathArchive(filepath.Join(from, "folder") + "/"))

	mustCopy(t, server, folder, filepath.Join(there, "kept"))
	mustHold(t, "content", there, "kept/folder/below/a.txt")

	mustCopy(t, server, contents, filepath.Join(there, "bare"))
	mustHold(t, "content", there, "bare/below/a.txt")

	file(t, "in the way", there, "file")
	if err := copyTo(t, server, contents, filepath.Join(there, "file")); err == nil {
		t.Error("a folder was copied over a file")
	}
}

func TestTextsAreWrittenToAFile(t *testing.T) {
	server := sshtest.Start(t, anyPort, 10)
	there := t.TempDir()
	text := must(resource.NewTextAsset("a text"))
	mustCopy(t, server, text, filepath.Join(there, "new/text"))
	mustHold(t, "a text", there, "new/text")
	if err := copyTo(t, server, text, there); err == nil {
		t.Error("a text was copied over a folder")
	}
}
