package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	privateKey        = "tls:index/privateKey:PrivateKey"
	certRequest       = "tls:index/certRequest:CertRequest"
	selfSignedCert    = "tls:index/selfSignedCert:SelfSignedCert"
	locallySignedCert = "tls:index/locallySignedCert:LocallySignedCert"
)

// issued is the time on the tests' clock when certificates are made.
var issued = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// values is a short way to write properties.
type values map[string]any

func (v values) with(name string, value any) values {
	out := values{}
	for key, old := range v {
		out[key] = old
	}
	out[name] = value
	return out
}

func (v values) without(name string) values {
	out := v.with(name, nil)
	delete(out, name)
	return out
}

func at(moment time.Time) *provider {
	return newProvider(func() time.Time { return moment })
}

func urnOf(token string) string {
	return "urn:pulumi:dev::redoubt::" + token + "::it"
}

// encode writes properties as the engine sends them: without secrets.
func encode(t *testing.T, properties resource.PropertyMap) *structpb.Struct {
	t.Helper()
	encoded, err := plugin.MarshalProperties(properties, plugin.MarshalOptions{KeepUnknowns: true})
	must(t, err)
	return encoded
}

// decode keeps the secret marks.
func decode(t *testing.T, properties *structpb.Struct) resource.PropertyMap {
	t.Helper()
	decoded, err := plugin.UnmarshalProperties(properties, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
	must(t, err)
	return decoded
}

func properties(v values) resource.PropertyMap {
	return resource.NewPropertyMapFromMap(v)
}

func check(t *testing.T, token string, inputs values) (resource.PropertyMap, []string) {
	t.Helper()
	response, err := at(issued).Check(context.Background(), &pulumirpc.CheckRequest{
		Urn: urnOf(token), News: encode(t, properties(inputs)),
	})
	must(t, err)
	var reasons []string
	for _, failure := range response.GetFailures() {
		reasons = append(reasons, failure.GetReason())
	}
	return decode(t, response.GetInputs()), reasons
}

// create makes a resource and gives its id and its state, secret marks kept.
func create(t *testing.T, token string, inputs values) (string, resource.PropertyMap) {
	t.Helper()
	response, err := tryCreate(t, token, inputs, false)
	must(t, err)
	return response.GetId(), decode(t, response.GetProperties())
}

func tryCreate(t *testing.T, token string, inputs values, preview bool) (*pulumirpc.CreateResponse, error) {
	t.Helper()
	return at(issued).Create(context.Background(), &pulumirpc.CreateRequest{
		Urn: urnOf(token), Properties: encode(t, properties(inputs)), Preview: preview,
	})
}

func diff(t *testing.T, token string, state resource.PropertyMap, inputs values, now time.Time) *pulumirpc.DiffResponse {
	t.Helper()
	response, err := at(now).Diff(context.Background(), &pulumirpc.DiffRequest{
		Urn: urnOf(token), Olds: encode(t, state), News: encode(t, properties(inputs)),
	})
	must(t, err)
	return response
}

// plain reads a string output, whether marked as secret or not.
func plain(from resource.PropertyMap, name resource.PropertyKey) string {
	value := from[name]
	if value.IsSecret() {
		value = value.SecretValue().Element
	}
	if !value.IsString() {
		return ""
	}
	return value.StringValue()
}

func parseCertificate(t *testing.T, state resource.PropertyMap) *x509.Certificate {
	t.Helper()
	block, rest := pem.Decode([]byte(plain(state, "certPem")))
	if block == nil || len(rest) > 0 {
		t.Fatalf("certPem is not one PEM block: %q", plain(state, "certPem"))
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	must(t, err)
	return certificate
}

func newKey(t *testing.T, algorithm string) string {
	t.Helper()
	_, state := create(t, privateKey, values{"algorithm": algorithm, "ecdsaCurve": "P256"})
	return plain(state, "privateKeyPem")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
