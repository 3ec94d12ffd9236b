// Command pulumi-resource-aws serves the resources of AWS that this project makes, under the names that @pulumi/aws has for them:
// HashiCorp's provider, behind Pulumi's bridge, with nothing in between. It is for tests against an emulator. Stacks use the vendor's
// plugin, which patches the provider in places and knows all of AWS.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/hashicorp/terraform-provider-aws/xpprovider"
	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/x/muxer"
	"github.com/pulumi/pulumi-terraform-bridge/v3/unstable/metadata"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
)

// version is that of @pulumi/aws; set by the linker.
var version = "0.0.0"

func main() {
	ctx := context.Background()
	info, schema, err := describe(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	pf.MainWithMuxer(ctx, info.Name, info, schema)
}

// describe returns what the bridge must know to serve the provider, and the schema that comes of it. A plugin of the vendor's has both
// written down when it is built; for so few resources that is no work.
func describe(ctx context.Context) (tfbridge.ProviderInfo, []byte, error) {
	framework, sdk, err := xpprovider.GetProvider(ctx)
	if err != nil {
		return tfbridge.ProviderInfo{}, nil, err
	}
	provider := pf.MuxShimWithDisjointgPF(ctx, sdkv2.NewProvider(sdk), framework)
	info := tfbridge.ProviderInfo{
		P:              provider,
		Name:           "aws",
		Version:        version,
		Resources:      resources(),
		DataSources:    functions(),
		IgnoreMappings: everything(provider),
		MetadataInfo:   tfbridge.NewProviderMetadata(nil),
	}
	info.SetAutonaming(255, "-")
	if err := dispatch(&info); err != nil {
		return info, nil, err
	}
	schema, err := schemaOf(info)
	return info, schema, err
}

// everything returns the names of all that the provider has. The bridge leaves out what is among them, unless it is told another name
// for it.
func everything(provider shim.Provider) []string {
	names := slices.Collect(maps.Keys(provider.Functions()))
	for _, kind := range []shim.ResourceMap{provider.ResourcesMap(), provider.DataSourcesMap()} {
		kind.Range(func(name string, _ shim.Resource) bool {
			names = append(names, name)
			return true
		})
	}
	return names
}

// dispatch says which of the provider's two halves serves what; one is written with each of HashiCorp's frameworks.
func dispatch(info *tfbridge.ProviderInfo) error {
	halves, ok := info.P.(interface {
		ResolveDispatch(*tfbridge.ProviderInfo) (muxer.DispatchTable, error)
	})
	if !ok {
		return fmt.Errorf("the bridge's provider %T tells nothing about its halves", info.P)
	}
	table, err := halves.ResolveDispatch(info)
	if err != nil {
		return err
	}
	return metadata.Set(info.GetMetadata(), "mux", table)
}

// schemaOf leaves documentation out, and what the bridge says of resources that are not used.
func schemaOf(info tfbridge.ProviderInfo) ([]byte, error) {
	result, err := tfgen.GenerateSchemaWithOptions(tfgen.GenerateSchemaOptions{
		ProviderInfo:    info,
		DiagnosticsSink: diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never}),
		XInMemoryDocs:   true,
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(result.PackageSpec)
}
