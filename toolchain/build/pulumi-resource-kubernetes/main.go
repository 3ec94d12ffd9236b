// The Kubernetes plugin of Pulumi, from its published module. The module's own main embeds copies of two files that are made
// by its generator and are not part of the module; the files themselves are, and the build lays them beside this one.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

// version is set by the build; it must be that of the npm package @pulumi/kubernetes.
var version string

//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var terraformMapping []byte

func main() {
	provider.Serve("kubernetes", version, schema, terraformMapping)
}
