// Command pulumi-resource-tls serves the resources of the Pulumi tls package (npm @pulumi/tls 5.3.0): keys,
// certificate requests and certificates, made in this process with Go's crypto/x509.
//
// It stands in for the official plugin where that plugin's release can't be downloaded: same tokens, inputs,
// outputs, defaults, secrets, replacements and renewal rules, and a state that either of the two can carry on
// with. Left out, because no program here uses them: the function getCertificate, the provider's proxy setting
// (only that function reads it), import and GetSchema.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// version is the npm package's version whose behaviour is served.
const version = "5.3.0"

// healthInterval is how often the plugin looks whether its engine is still there.
const healthInterval = 5 * time.Minute

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-tls:", err)
		os.Exit(1)
	}
}

// serve prints the port it listens on, as the engine expects, and returns when the engine is gone.
func serve() error {
	stop := make(chan bool)
	if engine := engineAddress(os.Args[1:]); engine != "" {
		// A killed engine can't stop its plugins; without this check they would stay for good.
		err := rpcutil.Healthcheck(context.Background(), engine, healthInterval, func() { close(stop) })
		if err != nil {
			return fmt.Errorf("reach the engine at %s: %w", engine, err)
		}
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: stop,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterResourceProviderServer(server, newProvider(time.Now))
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port)
	return <-handle.Done
}

// engineAddress finds the engine's address: the last argument, after logging and tracing flags.
func engineAddress(args []string) string {
	if len(args) == 0 || strings.HasPrefix(args[len(args)-1], "-") {
		return ""
	}
	return args[len(args)-1]
}
