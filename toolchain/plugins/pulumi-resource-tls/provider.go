package main

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// metaKey is where the official plugin keeps the version of a state's schema.
const metaKey = "__meta"

// provider answers the engine. It keeps nothing between calls.
type provider struct {
	pulumirpc.UnimplementedResourceProviderServer
	now func() time.Time
}

func newProvider(now func() time.Time) *provider {
	return &provider{now: now}
}

// GetPluginInfo gives the version of the npm package that is served.
func (p *provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

// CheckConfig accepts the engine's own settings; a proxy would have no effect, so it is refused.
func (p *provider) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	response := &pulumirpc.CheckResponse{Inputs: req.GetNews()}
	for name := range req.GetNews().GetFields() {
		if !slices.Contains([]string{"version", "pluginDownloadURL", "pluginChecksums"}, name) {
			response.Failures = append(response.Failures, &pulumirpc.CheckFailure{Reason: fmt.Sprintf(
				"`tls:%s` is not a configuration key of this tls provider; remove it from the stack's configuration.", name)})
		}
	}
	return response, nil
}

// DiffConfig finds no difference: no setting changes what the provider does.
func (p *provider) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
}

// Configure doesn't accept secrets, so the engine sends plain values and itself marks an output as secret when
// the input of the same name was. Outputs that are secret by nature are marked here.
func (p *provider) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{SupportsPreview: true}, nil
}

// Check validates the inputs; defaults stay out of them and come with the outputs.
func (p *provider) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	kind, name, err := lookUp(req.GetUrn())
	if err != nil {
		return nil, err
	}
	inputs, err := unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.CheckResponse{}
	for _, reason := range kind.check(name, inputs) {
		response.Failures = append(response.Failures, &pulumirpc.CheckFailure{Reason: reason})
	}
	response.Inputs, err = kind.marshal(inputs)
	return response, err
}

// Diff names what changes and what of it needs a new resource.
func (p *provider) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	kind, _, err := lookUp(req.GetUrn())
	if err != nil {
		return nil, err
	}
	state, inputs, err := unmarshalBoth(req.GetOlds(), req.GetNews())
	if err != nil {
		return nil, err
	}
	changed, replacing, err := kind.diff(state, inputs, p.now())
	if err != nil {
		return nil, err
	}
	if len(changed) == 0 {
		return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
	}
	slices.Sort(changed)
	return &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_SOME, Diffs: changed, Replaces: replacing,
	}, nil
}

// Create makes a key, request or certificate. A preview makes nothing and leaves what it would make unknown.
func (p *provider) Create(_ context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	kind, _, err := lookUp(req.GetUrn())
	if err != nil {
		return nil, err
	}
	inputs, err := unmarshal(req.GetProperties())
	if err != nil {
		return nil, err
	}
	planned := kind.plan(nil, inputs)
	if req.GetPreview() {
		properties, err := kind.marshal(planned)
		return &pulumirpc.CreateResponse{Properties: properties}, err
	}
	id, outputs, err := kind.create(planned, p.now())
	if err != nil {
		return nil, err
	}
	properties, err := kind.marshal(kind.created(planned, id, outputs))
	return &pulumirpc.CreateResponse{Id: id, Properties: properties}, err
}

// Read has nothing to read from but the state. It tells when a certificate's renewal has become due.
func (p *provider) Read(_ context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	kind, _, err := lookUp(req.GetUrn())
	if err != nil {
		return nil, err
	}
	state, inputs, err := unmarshalBoth(req.GetProperties(), req.GetInputs())
	if err != nil {
		return nil, err
	}
	if len(state) == 0 {
		return nil, errors.New("Resource Import Not Implemented: a key or certificate exists in the state only, " +
			"so there is nothing to import")
	}
	if kind.renews {
		due, err := renewalDue(state, p.now())
		if err != nil {
			return nil, err
		}
		if due {
			state[readyForRenewalKey] = resource.NewProperty(true)
		}
	}
	response := &pulumirpc.ReadResponse{Id: req.GetId()}
	if response.Properties, err = kind.marshal(state); err != nil {
		return nil, err
	}
	response.Inputs, err = kind.marshal(inputs)
	return response, err
}

// Update takes over the new inputs: Diff lets only those come here that leave the resource as it is.
func (p *provider) Update(_ context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	kind, _, err := lookUp(req.GetUrn())
	if err != nil {
		return nil, err
	}
	state, inputs, err := unmarshalBoth(req.GetOlds(), req.GetNews())
	if err != nil {
		return nil, err
	}
	properties, err := kind.marshal(kind.plan(state, inputs))
	return &pulumirpc.UpdateResponse{Properties: properties}, err
}

// Delete has nothing to undo: the engine drops the resource from the state.
func (p *provider) Delete(context.Context, *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Cancel has nothing to stop: no call takes long.
func (p *provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Invoke serves getPublicKey: the public half of a private key, given in PEM or in OpenSSH's format.
func (p *provider) Invoke(_ context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	if req.GetTok() != "tls:index/getPublicKey:getPublicKey" {
		return nil, fmt.Errorf("function %s is not served by this build of the tls plugin; getPublicKey is", req.GetTok())
	}
	args, err := unmarshal(req.GetArgs())
	if err != nil {
		return nil, err
	}
	asPem, isPem := args["privateKeyPem"]
	asOpenssh, isOpenssh := args["privateKeyOpenssh"]
	if isPem == isOpenssh {
		return &pulumirpc.InvokeResponse{Failures: []*pulumirpc.CheckFailure{{
			Property: "privateKeyPem",
			Reason: "Invalid Attribute Combination: " +
				"one (and only one) of [privateKeyPem,privateKeyOpenssh] is required",
		}}}, nil
	}
	var key crypto.Signer
	var algorithm string
	if isPem {
		key, algorithm, err = parsePrivateKey(asPem.StringValue())
	} else {
		key, algorithm, err = parseOpensshKey(asOpenssh.StringValue())
	}
	if err != nil {
		return nil, fmt.Errorf("Unable to parse private key: %w", err)
	}
	id, outputs, err := publicKeyOutputs(key)
	if err != nil {
		return nil, err
	}
	outputs[idKey] = resource.NewProperty(id)
	outputs["algorithm"] = resource.NewProperty(algorithm)
	result, err := plugin.MarshalProperties(merge(args, outputs), plugin.MarshalOptions{})
	return &pulumirpc.InvokeResponse{Return: result}, err
}

// created is the state of a new resource: what was planned, with the computed values in place. An optional
// value that nobody gave stays out.
func (t resourceType) created(planned resource.PropertyMap, id string, outputs resource.PropertyMap) resource.PropertyMap {
	state := merge(planned, outputs)
	state[idKey] = resource.NewProperty(id)
	if t.schemaVersion != "" {
		meta, _ := json.Marshal(map[string]string{"schema_version": t.schemaVersion})
		state[metaKey] = resource.NewProperty(string(meta))
	}
	for name, value := range state {
		if value.IsComputed() {
			delete(state, name)
		}
	}
	return state
}

// lookUp finds a resource's type and its name.
func lookUp(text string) (resourceType, string, error) {
	parsed, err := urn.Parse(text)
	if err != nil {
		return resourceType{}, "", err
	}
	kind, ok := resourceTypes[string(parsed.Type())]
	if !ok {
		return resourceType{}, "", fmt.Errorf("unknown resource token: %s", parsed.Type())
	}
	return kind, parsed.Name(), nil
}

// marshal encodes properties for the engine, marking the secret ones.
func (t resourceType) marshal(properties resource.PropertyMap) (*structpb.Struct, error) {
	marked := properties.Copy()
	for _, p := range t.properties {
		key := resource.PropertyKey(p.name)
		if value, ok := marked[key]; ok && p.secret {
			marked[key] = resource.MakeSecret(value)
		}
	}
	return plugin.MarshalProperties(marked, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
}

func unmarshal(properties *structpb.Struct) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(properties, plugin.MarshalOptions{KeepUnknowns: true, SkipNulls: true})
}

func unmarshalBoth(first, second *structpb.Struct) (resource.PropertyMap, resource.PropertyMap, error) {
	one, err := unmarshal(first)
	if err != nil {
		return nil, nil, err
	}
	two, err := unmarshal(second)
	return one, two, err
}

func merge(base, over resource.PropertyMap) resource.PropertyMap {
	out := base.Copy()
	for name, value := range over {
		out[name] = value
	}
	return out
}
