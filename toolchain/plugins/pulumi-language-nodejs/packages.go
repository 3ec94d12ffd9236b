package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// packageFile is what the host reads of a package.json.
type packageFile struct {
	Name         string            `json:"name"`
	Version      string            `json:"version"`
	Dependencies map[string]string `json:"dependencies"`
	Development  map[string]string `json:"devDependencies"`
	Pulumi       struct {
		// Resource says that the package needs a resource plugin.
		Resource bool   `json:"resource"`
		Name     string `json:"name"`
		Version  string `json:"version"`
		Server   string `json:"server"`
	} `json:"pulumi"`
}

// plugin is a resource plugin that a package needs.
type plugin struct {
	name, version, server string
}

func readPackage(directory string) (*packageFile, error) {
	content, err := os.ReadFile(filepath.Join(directory, "package.json"))
	if err != nil {
		return nil, err
	}
	var read packageFile
	if err := json.Unmarshal(content, &read); err != nil {
		return nil, fmt.Errorf("%s/package.json: %w", directory, err)
	}
	return &read, nil
}

// requiredPackages finds every installed package, nested ones too, that says it needs a resource plugin.
func requiredPackages(program string) ([]plugin, error) {
	found := map[plugin]bool{}
	if err := walkModules(filepath.Join(program, "node_modules"), found); err != nil {
		return nil, err
	}
	plugins := make([]plugin, 0, len(found))
	for item := range found {
		plugins = append(plugins, item)
	}
	sort.Slice(plugins, func(i, j int) bool {
		return plugins[i].name+plugins[i].version < plugins[j].name+plugins[j].version
	})
	return plugins, nil
}

// walkModules looks at the packages of a node_modules folder; only package folders are entered, not their contents.
func walkModules(modules string, found map[plugin]bool) error {
	entries, err := os.ReadDir(modules)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name, folder := entry.Name(), filepath.Join(modules, entry.Name())
		switch {
		case strings.HasPrefix(name, "."):
			continue
		case strings.HasPrefix(name, "@"):
			if err := walkModules(folder, found); err != nil {
				return err
			}
			continue
		}
		read, err := readPackage(folder)
		if err != nil {
			// No package, or one whose package.json npm could install but we can't read: neither is a reason to stop.
			continue
		}
		if read.Pulumi.Resource {
			found[pluginOf(read)] = true
		}
		if err := walkModules(filepath.Join(folder, "node_modules"), found); err != nil {
			return err
		}
	}
	return nil
}

// pluginOf names the plugin of a package: what its pulumi section says, else its own name without scope.
func pluginOf(read *packageFile) plugin {
	name := read.Pulumi.Name
	if name == "" {
		name = strings.TrimPrefix(read.Name, "@pulumi/")
	}
	version := read.Pulumi.Version
	if version == "" {
		version = read.Version
	}
	if version != "" && !strings.HasPrefix(version, "v") {
		version = "v" + version
	}
	return plugin{name: name, version: version, server: read.Pulumi.Server}
}

// programDependencies lists the packages that the program names, at the versions that are installed.
func programDependencies(program string) ([]*pulumirpc.DependencyInfo, error) {
	read, err := readPackage(program)
	if err != nil {
		return nil, err
	}
	var dependencies []*pulumirpc.DependencyInfo
	for _, wanted := range []map[string]string{read.Dependencies, read.Development} {
		for name, version := range wanted {
			if installed, err := readPackage(filepath.Join(program, "node_modules", name)); err == nil {
				version = installed.Version
			}
			dependencies = append(dependencies, &pulumirpc.DependencyInfo{Name: name, Version: version})
		}
	}
	sort.Slice(dependencies, func(i, j int) bool { return dependencies[i].GetName() < dependencies[j].GetName() })
	return dependencies, nil
}
