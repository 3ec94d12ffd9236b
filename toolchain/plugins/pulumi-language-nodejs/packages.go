package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// packageFile is what the host reads of a package.json.
type packageFile struct {
	Name         string            `json:"name"`
	Version      string            `json:"version"`
	Dependencies map[string]string `json:"dependencies"`
	Development  map[string]string `json:"devDependencies"`
	Pulumi       pulumiSection     `json:"pulumi"`
}

// pulumiSection is what a package says about the plugin that serves its resources.
type pulumiSection struct {
	// Resource says that there is such a plugin.
	Resource bool   `json:"resource"`
	Name     string `json:"name"`
	Version  string `json:"version"`
	// Server is where the plugin can be downloaded, if not at Pulumi's.
	Server string `json:"server"`
	// Parameterization makes a package of its own out of a plugin for many.
	Parameterization *struct {
		Name    string `json:"name"`
		Version string `json:"version"`
		Value   []byte `json:"value"`
	} `json:"parameterization"`
}

func readPackage(folder string) (*packageFile, error) {
	content, err := os.ReadFile(filepath.Join(folder, "package.json"))
	if err != nil {
		return nil, err
	}
	var read packageFile
	if err := json.Unmarshal(content, &read); err != nil {
		return nil, fmt.Errorf("%s/package.json: %w", folder, err)
	}
	return &read, nil
}

// dependency names the plugin that a package needs, or nil. A package out of Pulumi's scope must name its plugin itself.
func (read *packageFile) dependency() *pulumirpc.PackageDependency {
	section := read.Pulumi
	scopedName, inScope := strings.CutPrefix(read.Name, "@pulumi/")
	if section.Name == "" && inScope {
		section.Name = scopedName
	}
	section.Version = cmp.Or(section.Version, read.Version)
	if !section.Resource || section.Name == "" || section.Version == "" {
		return nil
	}
	found := &pulumirpc.PackageDependency{
		Name:    section.Name,
		Kind:    "resource",
		Version: "v" + strings.TrimPrefix(section.Version, "v"),
		Server:  section.Server,
	}
	if parameters := section.Parameterization; parameters != nil {
		found.Parameterization = &pulumirpc.PackageParameterization{
			Name: parameters.Name, Version: parameters.Version, Value: parameters.Value,
		}
	}
	return found
}

// requiredPackages finds the plugins that installed packages need: those of the program and of every folder below it, but not
// those of policy packs, which are no dependencies of the program.
func requiredPackages(program string) []*pulumirpc.PackageDependency {
	found := map[string]*pulumirpc.PackageDependency{}
	walk := moduleWalk{visited: map[string]bool{}, visit: func(read *packageFile) {
		if item := read.dependency(); item != nil {
			found[fmt.Sprint(item.GetName(), item.GetVersion(), item.GetServer(), item.GetParameterization())] = item
		}
	}}
	walk.folder(program)
	return sortedValues(found)
}

// programDependencies lists the packages that the program names, at the versions that are installed, or all that are installed.
func programDependencies(program string, transitive bool) ([]*pulumirpc.DependencyInfo, error) {
	read, err := readPackage(program)
	if err != nil {
		return nil, err
	}
	found := map[string]*pulumirpc.DependencyInfo{}
	add := func(name, version string) {
		found[name+"@"+version] = &pulumirpc.DependencyInfo{Name: name, Version: version}
	}
	if transitive {
		walk := moduleWalk{visited: map[string]bool{}, visit: func(item *packageFile) { add(item.Name, item.Version) }}
		walk.modules(filepath.Join(program, "node_modules"))
		return sortedValues(found), nil
	}
	for _, wanted := range []map[string]string{read.Dependencies, read.Development} {
		for name, version := range wanted {
			if installed, err := readPackage(filepath.Join(program, "node_modules", name)); err == nil {
				version = installed.Version
			}
			add(name, version)
		}
	}
	return sortedValues(found), nil
}

func sortedValues[T any](found map[string]T) []T {
	keys := make([]string, 0, len(found))
	for key := range found {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	values := make([]T, 0, len(keys))
	for _, key := range keys {
		values = append(values, found[key])
	}
	return values
}

// moduleWalk visits installed packages. What can't be read is passed over, as by Pulumi's own host: a plugin that is missed so is
// found when its first resource is registered.
type moduleWalk struct {
	// visited has the folders seen, without symbolic links, so that linked packages can't lead in circles.
	visited map[string]bool
	visit   func(*packageFile)
}

// enter says where a folder really is, if it is one that was not seen before.
func (walk *moduleWalk) enter(folder string) (string, bool) {
	real, err := filepath.EvalSymlinks(folder)
	if err != nil || walk.visited[real] {
		return "", false
	}
	if status, err := os.Stat(real); err != nil || !status.IsDir() {
		return "", false
	}
	walk.visited[real] = true
	return real, true
}

// folder looks for node_modules in a project's folder and below.
func (walk *moduleWalk) folder(folder string) {
	folder, ok := walk.enter(folder)
	if !ok {
		return
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		switch {
		case entry.Type().IsRegular(), entry.Name() == ".git", isPolicyPack(path):
			continue
		case entry.Name() == "node_modules":
			walk.modules(path)
		default:
			walk.folder(path)
		}
	}
}

// modules looks at the packages of a node_modules folder, and those that they have to themselves; what else a package holds is
// left alone, which is what makes this fast.
func (walk *moduleWalk) modules(modules string) {
	modules, ok := walk.enter(modules)
	if !ok {
		return
	}
	entries, err := os.ReadDir(modules)
	if err != nil {
		return
	}
	for _, entry := range entries {
		path := filepath.Join(modules, entry.Name())
		switch {
		case entry.Type().IsRegular(), strings.HasPrefix(entry.Name(), "."), isPolicyPack(path):
			continue
		case strings.HasPrefix(entry.Name(), "@"):
			walk.modules(path)
		default:
			if read, err := readPackage(path); err == nil {
				walk.visit(read)
			}
			walk.modules(filepath.Join(path, "node_modules"))
		}
	}
}

func isPolicyPack(folder string) bool {
	for _, extension := range []string{".yaml", ".yml", ".json"} {
		if status, err := os.Stat(filepath.Join(folder, "PulumiPolicy"+extension)); err == nil && !status.IsDir() {
			return true
		}
	}
	return false
}
