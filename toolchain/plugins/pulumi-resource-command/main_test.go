package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"

	"redoubt.dev/pulumi-resource-command/internal/sshtest"
)

const (
	localCommand  = "command:local:Command"
	remoteCommand = "command:remote:Command"
)

// engine speaks to the provider as Pulumi's engine does, in the messages of its protocol.
type engine struct {
	*testing.T
	rpc.ResourceProviderServer
	urn string
}

func newEngine(t *testing.T, token string) *engine {
	t.Helper()
	served, err := provider()
	if err != nil {
		t.Fatal(err)
	}
	server, err := p.RawServer(name, version, served)(nil)
	if err != nil {
		t.Fatal(err)
	}
	e := &engine{t, server, "urn:pulumi:stack::project::" + token + "::it"}
	configuration := &rpc.ConfigureRequest{
		AcceptSecrets: true, AcceptResources: true, SendsOldInputs: true, SendsOldInputsToDelete: true,
	}
	if _, err = server.Configure(context.Background(), configuration); err != nil {
		t.Fatal(err)
	}
	return e
}

var wire = plugin.MarshalOptions{KeepSecrets: true, KeepUnknowns: true, KeepResources: true, KeepOutputValues: true}

func (e *engine) wired(properties resource.PropertyMap) *structpb.Struct {
	e.Helper()
	message, err := plugin.MarshalProperties(properties, wire)
	if err != nil {
		e.Fatal(err)
	}
	return message
}

func (e *engine) unwired(message *structpb.Struct) resource.PropertyMap {
	e.Helper()
	properties, err := plugin.UnmarshalProperties(message, wire)
	if err != nil {
		e.Fatal(err)
	}
	return properties
}

func (e *engine) check(inputs resource.PropertyMap) resource.PropertyMap {
	e.Helper()
	response, err := e.Check(context.Background(), &rpc.CheckRequest{Urn: e.urn, News: e.wired(inputs)})
	if err != nil || len(response.Failures) > 0 {
		e.Fatal(err, response.GetFailures())
	}
	return e.unwired(response.Inputs)
}

func (e *engine) create(inputs resource.PropertyMap, preview bool) resource.PropertyMap {
	e.Helper()
	request := &rpc.CreateRequest{Urn: e.urn, Properties: e.wired(inputs), Preview: preview}
	response, err := e.Create(context.Background(), request)
	if err != nil {
		e.Fatal(err)
	}
	return e.unwired(response.Properties)
}

func (e *engine) diff(state, oldInputs, inputs resource.PropertyMap) map[string]*rpc.PropertyDiff {
	e.Helper()
	request := &rpc.DiffRequest{
		Urn: e.urn, Id: "it", Olds: e.wired(state), OldInputs: e.wired(oldInputs), News: e.wired(inputs),
	}
	response, err := e.Diff(context.Background(), request)
	if err != nil {
		e.Fatal(err)
	}
	return response.DetailedDiff
}

func (e *engine) update(state, oldInputs, inputs resource.PropertyMap) resource.PropertyMap {
	e.Helper()
	request := &rpc.UpdateRequest{
		Urn: e.urn, Id: "it", Olds: e.wired(state), OldInputs: e.wired(oldInputs), News: e.wired(inputs),
	}
	response, err := e.Update(context.Background(), request)
	if err != nil {
		e.Fatal(err)
	}
	return e.unwired(response.Properties)
}

func (e *engine) delete(state resource.PropertyMap) {
	e.Helper()
	request := &rpc.DeleteRequest{Urn: e.urn, Id: "it", Properties: e.wired(state)}
	if _, err := e.Delete(context.Background(), request); err != nil {
		e.Fatal(err)
	}
}

func with(base resource.PropertyMap, key resource.PropertyKey, value resource.PropertyValue) resource.PropertyMap {
	changed := base.Copy()
	changed[key] = value
	return changed
}

func text(value string) resource.PropertyValue { return resource.NewProperty(value) }

func list(values ...resource.PropertyValue) resource.PropertyValue {
	return resource.NewProperty(values)
}

func connection(server *sshtest.Server) resource.PropertyValue {
	return resource.NewProperty(resource.PropertyMap{
		"host": text(server.Host), "port": resource.NewProperty(server.Port), "hostKey": text(server.HostKey),
	})
}

// remoteInputs are checked inputs of a remote command that reads a secret.
func remoteInputs(e *engine, server *sshtest.Server) resource.PropertyMap {
	return e.check(resource.PropertyMap{
		"connection": connection(server),
		"create":     text("wc -c"),
		"stdin":      resource.MakeSecret(text("hidden")),
		"logging":    text("none"),
	})
}

func TestConnectionGetsDefaultsAndIsSecret(t *testing.T) {
	e := newEngine(t, remoteCommand)
	inputs := remoteInputs(e, sshtest.Start(t, "127.0.0.1:0", 10))
	if !inputs["connection"].IsSecret() {
		t.Fatal("the connection is not secret")
	}
	to := inputs["connection"].SecretValue().Element.ObjectValue()
	if to["user"].StringValue() != "root" || to["dialErrorLimit"].NumberValue() != 10 ||
		to["perDialTimeout"].NumberValue() != 15 {
		t.Errorf("defaults: %v", to)
	}
}

func TestSecretStdinStaysSecretInTheState(t *testing.T) {
	e := newEngine(t, remoteCommand)
	inputs := remoteInputs(e, sshtest.Start(t, "127.0.0.1:0", 10))
	created := e.create(inputs, false)
	changed := e.update(created, inputs, with(inputs, "create", text("cat")))
	for step, state := range map[string]resource.PropertyMap{"create": created, "update": changed} {
		if !state["stdin"].IsSecret() || !state["connection"].IsSecret() || state["stdout"].IsSecret() {
			t.Errorf("after %s: stdin, connection must be secret, stdout not: %v", step, state)
		}
	}
	if created["stdout"].StringValue() != "6" || changed["stdout"].StringValue() != "hidden" {
		t.Errorf("outputs %v, %v", created["stdout"], changed["stdout"])
	}
}

func TestPreviewRunsNothing(t *testing.T) {
	e := newEngine(t, remoteCommand)
	server := sshtest.Start(t, "127.0.0.1:0", 10)
	state := e.create(remoteInputs(e, server), true)
	if server.Logins.Load() != 0 {
		t.Error("a preview logged in")
	}
	if !state["stdout"].IsComputed() && !state["stdout"].IsOutput() {
		t.Errorf("a preview knows stdout: %v", state["stdout"])
	}
}

// That a changed element replaces as well is a request of the SDK to the engine (replaceOnChanges: triggers[*]).
func TestTriggersReplaceAndAllElseUpdates(t *testing.T) {
	e := newEngine(t, localCommand)
	inputs := e.check(resource.PropertyMap{
		"create": text("true"), "update": text("true"), "triggers": list(text("one")),
	})
	bare := inputs.Copy()
	delete(bare, "triggers")
	state := e.create(inputs, false)
	unknown := resource.MakeComputed(text(""))
	cases := []struct {
		what, path string
		from, to   resource.PropertyMap
		kind       rpc.PropertyDiff_Kind
	}{
		{"create changed", "create", inputs, with(inputs, "create", text("false")), rpc.PropertyDiff_UPDATE},
		{"update changed", "update", inputs, with(inputs, "update", text("false")), rpc.PropertyDiff_UPDATE},
		{"delete added", "delete", inputs, with(inputs, "delete", text("true")), rpc.PropertyDiff_ADD},
		{"stdin added", "stdin", inputs, with(inputs, "stdin", text("x")), rpc.PropertyDiff_ADD},
		{"a trigger changed", "triggers[0]", inputs, with(inputs, "triggers", list(text("two"))), rpc.PropertyDiff_UPDATE},
		{"triggers removed", "triggers", inputs, bare, rpc.PropertyDiff_DELETE_REPLACE},
		{"triggers added", "triggers", bare, inputs, rpc.PropertyDiff_ADD_REPLACE},
		{"triggers unknown", "triggers", inputs, with(inputs, "triggers", unknown), rpc.PropertyDiff_UPDATE_REPLACE},
	}
	if diff := e.diff(state, inputs, inputs); len(diff) != 0 {
		t.Errorf("equal inputs differ: %v", diff)
	}
	for _, c := range cases {
		diff := e.diff(state, c.from, c.to)
		if len(diff) != 1 || diff[c.path].GetKind() != c.kind {
			t.Errorf("%s: %v", c.what, diff)
		}
	}
}

func TestUpdateRunsUpdateElseCreateAndDeleteRunsDelete(t *testing.T) {
	e := newEngine(t, localCommand)
	log := filepath.Join(t.TempDir(), "log")
	say := func(what string) resource.PropertyValue { return text("echo " + what + " >>" + log) }

	first := e.check(resource.PropertyMap{"create": say("create")})
	state := e.create(first, false)
	second := e.check(with(first, "create", say("recreate")))
	state = e.update(state, first, second)
	third := e.check(with(with(second, "update", say("update")), "delete", say("delete")))
	state = e.update(state, second, third)
	e.delete(state)

	if got, err := os.ReadFile(log); err != nil || string(got) != "create\nrecreate\nupdate\ndelete\n" {
		t.Errorf("ran %q (%v)", got, err)
	}
}
