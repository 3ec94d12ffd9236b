package main

import (
	"fmt"

	"github.com/google/shlex"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// options are those of `runtime.options` in Pulumi.yaml that this host honours.
type options struct {
	// typeScript lets @pulumi/pulumi compile the program itself. Default: true.
	typeScript bool
	// tsconfig is the compiler's configuration. Default: tsconfig.json of the program.
	tsconfig string
	// nodeArgs are arguments of Node.js, as in "--import tsx"; quotes keep words together.
	nodeArgs []string
	// production leaves devDependencies out when packages are installed. Default: false.
	production bool
	// packageManager installs packages: "npm", or "auto", which means npm here. Default: "auto".
	packageManager string
}

func readOptions(info *pulumirpc.ProgramInfo) (options, error) {
	read := options{typeScript: true, packageManager: "auto"}
	values := info.GetOptions().AsMap()
	nodeArgs := ""
	for _, err := range []error{
		readOption(values, "typescript", &read.typeScript),
		readOption(values, "tsconfig", &read.tsconfig),
		readOption(values, "nodeargs", &nodeArgs),
		readOption(values, "production", &read.production),
		readOption(values, "packagemanager", &read.packageManager),
	} {
		if err != nil {
			return read, err
		}
	}
	var err error
	if read.nodeArgs, err = shlex.Split(nodeArgs); err != nil {
		return read, fmt.Errorf("runtime.options.nodeargs = %q can't be split into words: %w. Fix: close every quote", nodeArgs, err)
	}
	return read, nil
}

// readOption takes an option's value if it is there; it must have the type of its default.
func readOption[T any](values map[string]any, name string, target *T) error {
	value, found := values[name]
	if !found {
		return nil
	}
	typed, ok := value.(T)
	if !ok {
		return fmt.Errorf("runtime.options.%s = %v must be a %T. Fix: correct Pulumi.yaml", name, value, *target)
	}
	*target = typed
	return nil
}

// environment tells @pulumi/pulumi how to compile.
func (read options) environment() []string {
	var environment []string
	if read.typeScript {
		environment = append(environment, "PULUMI_NODEJS_TYPESCRIPT=true")
	}
	if read.tsconfig != "" {
		environment = append(environment, "PULUMI_NODEJS_TSCONFIG_PATH="+read.tsconfig)
	}
	return environment
}
