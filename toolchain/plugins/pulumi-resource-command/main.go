// Command pulumi-resource-command is a Pulumi provider that runs scripts, here or over SSH.
//
// It serves the resources local.Command, remote.Command and remote.CopyToRemote of the npm package
// @pulumi/command 1.2.1, for machines where the release of that package's own plugin can't be fetched.
// README.md says where it differs.
package main

import (
	"context"
	"fmt"
	"os"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"redoubt.dev/pulumi-resource-command/local"
	"redoubt.dev/pulumi-resource-command/remote"
)

const name = "command"

// version is that of the npm package; the engine compares it with what the program asks for.
var version = "1.2.1"

func provider() (p.Provider, error) {
	return infer.NewProviderBuilder().
		WithResources(
			infer.Resource(&local.Command{}),
			infer.Resource(&remote.Command{}),
			infer.Resource(&remote.CopyToRemote{}),
		).
		Build()
}

func run() error {
	served, err := provider()
	if err != nil {
		return err
	}
	return served.Run(context.Background(), name, version)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
