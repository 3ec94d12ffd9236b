package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// lay writes files below a new folder; a content that starts with "->" makes a symbolic link.
func lay(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if len(content) > 2 && content[:2] == "->" {
			err = os.Symlink(content[2:], path)
		} else {
			err = os.WriteFile(path, []byte(content), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func requiredNames(program string) []string {
	var names []string
	for _, item := range requiredPackages(program) {
		names = append(names, item.GetName()+" "+item.GetVersion()+" "+item.GetServer())
	}
	return names
}

func TestPluginsOfInstalledPackagesAreRequired(t *testing.T) {
	root := lay(t, map[string]string{
		"node_modules/@pulumi/tls/package.json":    `{"name":"@pulumi/tls","version":"5.3.0","pulumi":{"resource":true}}`,
		"node_modules/@pulumi/pulumi/package.json": `{"name":"@pulumi/pulumi","version":"3.232.0"}`,
		"node_modules/@acme/thing/package.json": `{"name":"@acme/thing","version":"1.0.0",
			"pulumi":{"resource":true,"name":"thing","version":"v2.0.0","server":"https://plugins.example"}}`,
		"node_modules/unnamed/package.json":                      `{"name":"unnamed","version":"1.0.0","pulumi":{"resource":true}}`,
		"node_modules/unversioned/package.json":                  `{"name":"@pulumi/unversioned","pulumi":{"resource":true}}`,
		"node_modules/off/package.json":                          `{"name":"@pulumi/off","version":"1.0.0","pulumi":{"resource":false}}`,
		"node_modules/odd/package.json":                          `{"name":"@pulumi/odd","version":"1.0.0","pulumi":true}`,
		"node_modules/broken/package.json":                       `{`,
		"node_modules/odd/node_modules/@pulumi/tls/package.json": `{"name":"@pulumi/tls","version":"4.0.0","pulumi":{"resource":true}}`,
		"part/node_modules/@pulumi/command/package.json":         `{"name":"@pulumi/command","version":"1.2.1","pulumi":{"resource":true}}`,
		"policies/PulumiPolicy.yaml":                             `runtime: nodejs`,
		"policies/node_modules/@pulumi/random/package.json":      `{"name":"@pulumi/random","version":"1.0.0","pulumi":{"resource":true}}`,
		"not-installed/package.json":                             `{"name":"@pulumi/not","version":"1.0.0","pulumi":{"resource":true}}`,
		"node_modules/linked":                                    `->../linked`,
		"linked/package.json":                                    `{"name":"@pulumi/linked","version":"1.0.0","pulumi":{"resource":true}}`,
		"linked/node_modules/circle":                             `->../../linked`,
		"linked/up":                                              `->../..`,
	})
	want := []string{
		"command v1.2.1 ", "linked v1.0.0 ", "thing v2.0.0 https://plugins.example", "tls v4.0.0 ", "tls v5.3.0 ",
	}
	if got := requiredNames(root); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := requiredNames(filepath.Join(root, "nowhere")); len(got) != 0 {
		t.Errorf("a folder that isn't there requires %q", got)
	}
}

func TestParameterizationIsPassedOn(t *testing.T) {
	root := lay(t, map[string]string{"node_modules/made/package.json": `{"name":"@pulumi/made","version":"1.0.0","pulumi":{"resource":true,
		"name":"terraform-provider","version":"0.9.0","parameterization":{"name":"made","version":"1.0.0","value":"aGk="}}}`})
	found := requiredPackages(root)
	if len(found) != 1 || found[0].GetParameterization().GetName() != "made" ||
		string(found[0].GetParameterization().GetValue()) != "hi" {
		t.Errorf("got %v", found)
	}
}

func TestDependenciesAreNamedWithInstalledVersions(t *testing.T) {
	root := lay(t, map[string]string{
		"package.json":                     `{"dependencies":{"a":"^1.0.0","gone":"~2"},"devDependencies":{"@x/b":"3"}}`,
		"node_modules/a/package.json":      `{"name":"a","version":"1.4.0"}`,
		"node_modules/@x/b/package.json":   `{"name":"@x/b","version":"3.1.0"}`,
		"node_modules/deeper/package.json": `{"name":"deeper","version":"0.1.0"}`,
		"node_modules/.package-lock.json":  `{}`,
		"node_modules/.bin/tool":           `#!/bin/sh`,
	})
	for transitive, want := range map[bool][]string{
		false: {"@x/b 3.1.0", "a 1.4.0", "gone ~2"},
		true:  {"@x/b 3.1.0", "a 1.4.0", "deeper 0.1.0"},
	} {
		found, err := programDependencies(root, transitive)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, item := range found {
			got = append(got, item.GetName()+" "+item.GetVersion())
		}
		if !slices.Equal(got, want) {
			t.Errorf("transitive %t: got %q, want %q", transitive, got, want)
		}
	}
}
