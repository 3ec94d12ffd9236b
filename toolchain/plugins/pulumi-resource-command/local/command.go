// Package local serves command:local:Command, which runs scripts on the machine of the Pulumi program.
package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"redoubt.dev/pulumi-resource-command/internal/script"
)

// Command is a script that runs on this machine when the resource is created, updated or deleted.
type Command struct{}

// CommandInputs are the inputs of command:local:Command.
type CommandInputs struct {
	script.Inputs
	// Interpreter is the program, with its arguments, that is given the script as last argument.
	// Default: /bin/sh -c.
	Interpreter *[]string `pulumi:"interpreter,optional"`
	// Dir is where the script runs. Default: the folder of the Pulumi program.
	Dir *string `pulumi:"dir,optional"`
	// AssetPaths are globs of files below Dir that become the output assets.
	AssetPaths *[]string `pulumi:"assetPaths,optional"`
	// ArchivePaths are globs of files below Dir that become the output archive.
	ArchivePaths *[]string `pulumi:"archivePaths,optional"`
}

// CommandOutputs are the outputs of command:local:Command.
type CommandOutputs struct {
	CommandInputs
	script.Outputs
	// Assets are the files that AssetPaths match, by their paths below Dir.
	Assets *map[string]*types.AssetOrArchive `pulumi:"assets,optional"`
	// Archive holds the files that ArchivePaths match.
	Archive *resource.Archive `pulumi:"archive,optional"`
}

// Create runs the create script, except in a preview.
func (*Command) Create(
	ctx context.Context, req infer.CreateRequest[CommandInputs],
) (infer.CreateResponse[CommandOutputs], error) {
	state := CommandOutputs{CommandInputs: req.Inputs}
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err == nil && !req.DryRun {
		err = state.run(ctx, req.Inputs.Create)
	}
	return infer.CreateResponse[CommandOutputs]{ID: id, Output: state}, err
}

// Update runs the update script, or for want of one the create script, except in a preview.
func (*Command) Update(
	ctx context.Context, req infer.UpdateRequest[CommandInputs, CommandOutputs],
) (infer.UpdateResponse[CommandOutputs], error) {
	state := req.State
	state.CommandInputs = req.Inputs
	var err error
	if !req.DryRun {
		err = state.run(ctx, req.Inputs.ForUpdate())
	}
	return infer.UpdateResponse[CommandOutputs]{Output: state}, err
}

// Delete runs the delete script of the state.
func (*Command) Delete(
	ctx context.Context, req infer.DeleteRequest[CommandOutputs],
) (infer.DeleteResponse, error) {
	return infer.DeleteResponse{}, req.State.run(ctx, req.State.Delete)
}
