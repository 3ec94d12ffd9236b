package local

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/gobwas/glob"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// collect fills the outputs that hold files of dir.
func (c *CommandOutputs) collect(dir string) error {
	if c.AssetPaths != nil {
		files, err := matchingFiles(dir, *c.AssetPaths)
		if err != nil {
			return fmt.Errorf("assetPaths: %w", err)
		}
		assets := map[string]*types.AssetOrArchive{}
		for name, file := range files {
			assets[name] = &types.AssetOrArchive{Asset: file}
		}
		c.Assets = &assets
	}
	if c.ArchivePaths != nil {
		files, err := matchingFiles(dir, *c.ArchivePaths)
		if err != nil {
			return fmt.Errorf("archivePaths: %w", err)
		}
		members := map[string]any{}
		for name, file := range files {
			members[name] = file
		}
		if c.Archive, err = resource.NewAssetArchive(members); err != nil {
			return fmt.Errorf("archivePaths: %w", err)
		}
	}
	return nil
}

type pattern struct {
	glob.Glob
	exclude bool
}

// matchingFiles gives the files below dir that the last pattern to match them includes; "!" begins a pattern that
// excludes.
func matchingFiles(dir string, globs []string) (map[string]*resource.Asset, error) {
	var patterns []pattern
	for _, text := range globs {
		included, exclude := strings.CutPrefix(text, "!")
		compiled, err := glob.Compile(included, '/')
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", text, err)
		}
		patterns = append(patterns, pattern{compiled, exclude})
	}
	files := map[string]*resource.Asset{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !included(patterns, name) {
			return err
		}
		files[name], err = resource.NewPathAsset(path.Join(dir, name))
		return err
	})
	return files, err
}

func included(patterns []pattern, name string) bool {
	included := false
	for _, pattern := range patterns {
		if pattern.Match(name) {
			included = !pattern.exclude
		}
	}
	return included
}
