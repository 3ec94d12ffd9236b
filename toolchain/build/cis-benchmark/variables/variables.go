// Package variables puts what a host calls things into the commands of checks.
package variables

import (
	"fmt"
	"regexp"
	"strings"
)

// Variables of kube-bench are all lower case; those of the shell that stand beside them in its commands have capitals, or an underscore.
var name = regexp.MustCompile(`\$[a-z]+\b`)

// Parse reads NAME=VALUE arguments.
func Parse(args []string) (map[string]string, error) {
	values := map[string]string{}
	for _, arg := range args {
		name, value, found := strings.Cut(arg, "=")
		if !found || name == "" {
			return nil, fmt.Errorf("%q is not NAME=VALUE", arg)
		}
		values[name] = value
	}
	return values, nil
}

// Fill replaces each $name that has a value, and leaves every other one to the shell.
func Fill(text string, values map[string]string) string {
	return name.ReplaceAllStringFunc(text, func(found string) string {
		if value, known := values[found[1:]]; known {
			return value
		}
		return found
	})
}
