// Command pulumi-language-nodejs runs Pulumi programs, policy packs and plugins that are written for Node.js. It stands in for the
// host that is part of Pulumi's own releases, on boxes where those can't be had, and answers the engine as that does: the
// actual work is done by @pulumi/pulumi in the program's own node_modules.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// version is set by the build; it is that of the SDK.
var version = "dev"

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve answers the engine until it goes away.
func serve() error {
	tracing := flag.String("tracing", "", "endpoint for tracing, passed on to the program")
	flag.Bool("typescript", true, "unused: options come with each request")
	flag.String("root", "", "unused: directories come with each request")
	flag.Parse()

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan bool)
	engine := flag.Arg(0)
	if engine != "" {
		// When the engine is killed its host must not stay behind.
		if err := rpcutil.Healthcheck(ctx, engine, healthcheckInterval, stop); err != nil {
			return fmt.Errorf("could not watch the engine at %s: %w", engine, err)
		}
	}
	go func() {
		<-ctx.Done()
		close(done)
	}()

	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: done,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, &host{engine: engine, tracing: *tracing, stopping: ctx})
			return nil
		},
		Options: rpcutil.OpenTracingServerInterceptorOptions(nil),
	})
	if err != nil {
		return fmt.Errorf("could not serve: %w", err)
	}
	// The engine reads the port from the first line.
	fmt.Printf("%d\n", handle.Port)
	return <-handle.Done
}
