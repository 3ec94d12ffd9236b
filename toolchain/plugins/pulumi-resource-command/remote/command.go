// Package remote serves command:remote:Command and command:remote:CopyToRemote, which act on hosts over SSH.
package remote

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"redoubt.dev/pulumi-resource-command/internal/script"
)

// Command is a script that runs on a host when the resource is created, updated or deleted.
type Command struct{}

// CommandInputs are the inputs of command:remote:Command. Environment needs AcceptEnv at the host.
type CommandInputs struct {
	script.Inputs
	// Connection says how to log in at the host.
	Connection *Connection `pulumi:"connection" provider:"secret"`
}

// CommandOutputs are the outputs of command:remote:Command.
type CommandOutputs struct {
	CommandInputs
	script.Outputs
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
	state := CommandOutputs{CommandInputs: req.Inputs, Outputs: req.State.Outputs}
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
