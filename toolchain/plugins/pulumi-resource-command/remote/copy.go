package remote

import (
	"context"
	"fmt"

	"github.com/pkg/sftp"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// CopyToRemote is a file, a folder or a text that is copied to a host. Deleting it leaves the copy there.
type CopyToRemote struct{}

// CopyToRemoteInputs are the inputs of command:remote:CopyToRemote.
type CopyToRemoteInputs struct {
	// Connection says how to log in at the host.
	Connection *Connection `pulumi:"connection" provider:"secret"`
	// Triggers replace the resource when any of them changes.
	Triggers *[]any `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	// Source is a file or text asset, or an archive that is a local path. Archives are not unpacked.
	Source types.AssetOrArchive `pulumi:"source"`
	// RemotePath is where the copy lands. Missing folders are made; a file or a folder goes into a folder that
	// exists.
	RemotePath string `pulumi:"remotePath"`
}

// CopyToRemoteOutputs are the outputs of command:remote:CopyToRemote.
type CopyToRemoteOutputs struct{ CopyToRemoteInputs }

// Check refuses sources that are neither a text nor a local path.
func (*CopyToRemote) Check(
	ctx context.Context, req infer.CheckRequest,
) (infer.CheckResponse[CopyToRemoteInputs], error) {
	inputs, failures, err := infer.DefaultCheck[CopyToRemoteInputs](ctx, req.NewInputs)
	if err == nil {
		failures = append(failures, checkSource(inputs.Source)...)
	}
	return infer.CheckResponse[CopyToRemoteInputs]{Inputs: inputs, Failures: failures}, err
}

func checkSource(source types.AssetOrArchive) []p.CheckFailure {
	asset, archive := source.Asset, source.Archive
	switch {
	case asset != nil && archive != nil:
		return []p.CheckFailure{{Property: "asset", Reason: "only one of asset or archive can be set"}}
	case asset == nil && archive == nil:
		return []p.CheckFailure{{Property: "asset", Reason: "either asset or archive must be set"}}
	case asset != nil && !asset.IsPath() && !asset.IsText():
		return []p.CheckFailure{{Property: "asset", Reason: "asset must be a path-based file asset or a text asset"}}
	case archive != nil && !archive.IsPath():
		return []p.CheckFailure{{Property: "archive", Reason: "archive must be a path to a file or directory"}}
	}
	return nil
}

// Create copies, except in a preview.
func (*CopyToRemote) Create(
	ctx context.Context, req infer.CreateRequest[CopyToRemoteInputs],
) (infer.CreateResponse[CopyToRemoteOutputs], error) {
	state := CopyToRemoteOutputs{req.Inputs}
	if req.DryRun {
		return infer.CreateResponse[CopyToRemoteOutputs]{Output: state}, nil
	}
	if err := req.Inputs.copy(ctx); err != nil {
		return infer.CreateResponse[CopyToRemoteOutputs]{Output: state}, err
	}
	id, err := resource.NewUniqueHex("", 8, 0)
	return infer.CreateResponse[CopyToRemoteOutputs]{ID: id, Output: state}, err
}

// Update copies again if the source or its place changed, except in a preview.
func (*CopyToRemote) Update(
	ctx context.Context, req infer.UpdateRequest[CopyToRemoteInputs, CopyToRemoteOutputs],
) (infer.UpdateResponse[CopyToRemoteOutputs], error) {
	var err error
	changed := hash(req.Inputs.Source) != hash(req.State.Source) || req.Inputs.RemotePath != req.State.RemotePath
	if changed && !req.DryRun {
		err = req.Inputs.copy(ctx)
	}
	return infer.UpdateResponse[CopyToRemoteOutputs]{Output: CopyToRemoteOutputs{req.Inputs}}, err
}

func hash(source types.AssetOrArchive) string {
	if source.Archive != nil {
		return source.Archive.Hash
	}
	return source.Asset.Hash
}

func (in *CopyToRemoteInputs) copy(ctx context.Context) error {
	session, err := connections.open(ctx, in.Connection)
	if err != nil {
		return err
	}
	defer session.close()
	// Transfers know no context: their session ends with it.
	defer context.AfterFunc(ctx, func() { session.Close() })()
	return session.explain(in.copyOver(session))
}

func (in *CopyToRemoteInputs) copyOver(session *session) error {
	client, err := sftpOver(session)
	if err != nil {
		return err
	}
	defer client.Close()
	to := target{client}
	switch {
	case in.Source.Archive != nil:
		return to.place(in.Source.Archive.Path, in.RemotePath)
	case in.Source.Asset.IsText():
		return to.write(in.Source.Asset.Text, in.RemotePath)
	default:
		return to.place(in.Source.Asset.Path, in.RemotePath)
	}
}

func sftpOver(session *session) (*sftp.Client, error) {
	writes, err := session.StdinPipe()
	if err != nil {
		return nil, err
	}
	reads, err := session.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := session.RequestSubsystem("sftp"); err != nil {
		return nil, fmt.Errorf("the host's SSH server does not offer sftp: %w", err)
	}
	// Concurrent writes can leave a failed file longer than what is good of it; it is written whole or not at all.
	return sftp.NewClientPipe(reads, writes, sftp.UseConcurrentWrites(true))
}
