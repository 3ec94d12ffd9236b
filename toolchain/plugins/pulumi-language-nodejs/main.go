// Command pulumi-language-nodejs runs Pulumi programs, policy packs and plugins that are written for Node.js. It stands in for the
// host that is part of Pulumi's own releases, on boxes where those can't be had, and answers the engine as that does: the
// actual work is done by @pulumi/pulumi in the program's own node_modules.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/logging"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// version is set by the build; it is that of the SDK.
var version = ""

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve answers the engine until it goes away or a signal says to stop.
func serve() error {
	tracing := flag.String("tracing", "", "endpoint for tracing, passed on to the program")
	showVersion := flag.Bool("version", false, "print the version and end")
	// The flags of the engine's own logging (-v, --logtostderr) come with the logging package.
	flag.Parse()
	if *showVersion {
		fmt.Println(version)
		return nil
	}
	logging.InitLogging(false, 0, false)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// A second signal finds the default action, in case stopping takes too long.
	context.AfterFunc(ctx, stop)

	host := newHost(ctx, stop, *tracing)
	if engine := flag.Arg(0); engine != "" {
		if err := host.follow(engine); err != nil {
			return err
		}
	}
	done := make(chan bool)
	context.AfterFunc(ctx, func() { close(done) })
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: done,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, host)
			return nil
		},
		Options: rpcutil.TracingServerInterceptorOptions(nil),
	})
	if err != nil {
		return fmt.Errorf("could not serve: %w", err)
	}
	// The engine reads the port from the first line.
	fmt.Printf("%d\n", handle.Port)
	return <-handle.Done
}
