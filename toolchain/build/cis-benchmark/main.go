// cis-benchmark runs kube-bench's checks of the CIS Kubernetes Benchmark where it is started, by kube-bench's own engine, and writes their
// results as JSON. It holds the checks, so one file is all that a host gets; it reads no configuration: its caller says what a host
// calls things.
package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/aquasecurity/kube-bench/check"
	"redoubt.dev/toolchain/cis-benchmark/variables"
)

const usage = `usage:
  cis-benchmark TARGETS [NAME=VALUE]...   TARGETS by commas: master, controlplane, etcd, node;
                                          NAME a variable of kube-bench's checks, as kubeletconf
`

//go:embed controlplane.yaml etcd.yaml master.yaml node.yaml
var checks embed.FS

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "cis-benchmark: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 || args[0] == "" {
		return fmt.Errorf("%s", usage)
	}
	values, err := variables.Parse(args[1:])
	if err != nil {
		return err
	}
	results := []*check.Controls{}
	for _, target := range strings.Split(args[0], ",") {
		controls, err := runTarget(target, values)
		if err != nil {
			return err
		}
		results = append(results, controls)
	}
	return json.NewEncoder(os.Stdout).Encode(results)
}

func runTarget(target string, values map[string]string) (*check.Controls, error) {
	text, err := checks.ReadFile(target + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("there is no target %q\n%s", target, usage)
	}
	controls, err := check.NewControls(check.NodeType(target), []byte(variables.Fill(string(text), values)), "")
	if err != nil {
		return nil, err
	}
	all := func(*check.Group, *check.Check) bool { return true }
	controls.RunChecks(check.NewRunner(), all, nil)
	return controls, nil
}
