package main

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

var unknownValue = resource.Computed{Element: resource.NewProperty("")}

func leafInputs(t *testing.T) values {
	t.Helper()
	return values{
		"privateKeyPem": newKey(t, "ECDSA"), "validityPeriodHours": 100, "allowedUses": []any{"server_auth"},
		"subject": map[string]any{"commonName": "leaf"}, "dnsNames": []any{"a", "b"},
	}
}

func TestCheckFailures(t *testing.T) {
	leaf := values{"privateKeyPem": "key", "validityPeriodHours": 1, "allowedUses": []any{}}
	for _, c := range []struct {
		token  string
		inputs values
		want   string // empty: accepted
	}{
		{privateKey, values{"algorithm": "ED25519"}, ""},
		{privateKey, values{"algorithm": unknownValue}, ""},
		{privateKey, values{}, "Missing required property 'algorithm'"},
		{
			privateKey, values{"algorithm": "DSA"},
			`Invalid Attribute Value Match. Attribute algorithm value must be one of: ["RSA" "ECDSA" "ED25519"], got: "DSA". Examine values at 'it.algorithm'.`,
		},
		{
			privateKey, values{"algorithm": "ECDSA", "ecdsaCurve": "P1"},
			`Invalid Attribute Value Match. Attribute ecdsa_curve value must be one of: ["P224" "P256" "P384" "P521"], got: "P1". Examine values at 'it.ecdsaCurve'.`,
		},
		{
			privateKey, values{"algorithm": "RSA", "rsaBits": 2048.5},
			"Invalid Attribute Type. Attribute rsa_bits must be an integer. Examine values at 'it.rsaBits'.",
		},
		{selfSignedCert, leaf, ""},
		{selfSignedCert, leaf.with("validityPeriodHours", 0), ""},
		{
			selfSignedCert, leaf.with("validityPeriodHours", -1),
			"Invalid Attribute Value. Attribute validity_period_hours value must be at least 0, got: -1. Examine values at 'it.validityPeriodHours'.",
		},
		{
			selfSignedCert, leaf.with("earlyRenewalHours", -1),
			"Invalid Attribute Value. Attribute early_renewal_hours value must be at least 0, got: -1. Examine values at 'it.earlyRenewalHours'.",
		},
		{selfSignedCert, leaf.with("maxPathLength", -1), ""},
		{
			selfSignedCert, leaf.with("maxPathLength", -2),
			"Invalid Attribute Value. Attribute max_path_length value must be at least -1, got: -2. Examine values at 'it.maxPathLength'.",
		},
		{selfSignedCert, leaf.with("allowedUses", []any{unknownValue}), ""},
		{
			selfSignedCert, leaf.with("ipAddresses", []any{"10.0.0.1", ""}),
			"Invalid Attribute Value Length. Attribute ip_addresses[1] string length must be at least 1, got: 0. Examine values at 'it.ipAddresses[1]'.",
		},
		{
			certRequest, values{"privateKeyPem": "key", "subject": map[string]any{"commonName": 1}},
			"Invalid Attribute Type. Attribute subject must be an object. Examine values at 'it.subject'.",
		},
		{locallySignedCert, leaf.with("caCertPem", "c").with("certRequestPem", "r"), "Missing required property 'caPrivateKeyPem'"},
	} {
		_, reasons := check(t, c.token, c.inputs)
		if got := strings.Join(reasons, "\n"); got != c.want {
			t.Errorf("%v\nwant %q\ngot  %q", c.inputs, c.want, got)
		}
	}
}

func TestCheckNamesEveryBadUse(t *testing.T) {
	_, reasons := check(t, selfSignedCert, values{
		"privateKeyPem": "key", "validityPeriodHours": 1, "allowedUses": []any{"bad", "server_auth", "worse"},
	})
	if len(reasons) != 2 || !strings.Contains(reasons[0], `Attribute allowed_uses[0] value must be one of: ["any_extended" "cert_signing" `) ||
		!strings.Contains(reasons[1], `got: "worse". Examine values at 'it.allowedUses[2]'.`) {
		t.Error(reasons)
	}
}

func TestCheckMarksSecretsAndAddsNoDefaults(t *testing.T) {
	for _, key := range []any{"key", unknownValue} {
		checked, _ := check(t, selfSignedCert, values{"privateKeyPem": key, "validityPeriodHours": 1, "allowedUses": []any{}})
		if !checked["privateKeyPem"].IsSecret() || len(checked) != 3 {
			t.Error(checked)
		}
	}
}

func TestPreviewLeavesComputedValuesUnknown(t *testing.T) {
	for token, c := range map[string]struct {
		inputs  values
		unknown []string
		known   map[string]any
	}{
		privateKey: {
			values{"algorithm": "ED25519"},
			[]string{
				"id", "privateKeyOpenssh", "privateKeyPem", "privateKeyPemPkcs8", "publicKeyFingerprintMd5",
				"publicKeyFingerprintSha256", "publicKeyOpenssh", "publicKeyPem",
			},
			map[string]any{"ecdsaCurve": "P224", "rsaBits": 2048.0},
		},
		certRequest: {values{"privateKeyPem": "key"}, []string{"id", "certRequestPem", "keyAlgorithm"}, nil},
		selfSignedCert: {
			values{"privateKeyPem": unknownValue, "validityPeriodHours": 2, "allowedUses": []any{}},
			[]string{"id", "certPem", "keyAlgorithm", "maxPathLength", "privateKeyPem", "validityEndTime", "validityStartTime"},
			map[string]any{
				"earlyRenewalHours": 0.0, "isCaCertificate": false, "readyForRenewal": false, "setAuthorityKeyId": false,
				"setSubjectKeyId": false,
			},
		},
		locallySignedCert: {
			values{
				"caCertPem": "c", "caPrivateKeyPem": "k", "certRequestPem": "r", "validityPeriodHours": 2,
				"earlyRenewalHours": 2, "allowedUses": []any{},
			},
			[]string{"id", "caKeyAlgorithm", "certPem", "maxPathLength", "validityEndTime", "validityStartTime"},
			map[string]any{"readyForRenewal": true},
		},
	} {
		response, err := tryCreate(t, token, c.inputs, true)
		must(t, err)
		if response.GetId() != "" {
			t.Errorf("%s: a preview has no id", token)
		}
		outputs := decode(t, response.GetProperties())
		for _, name := range c.unknown {
			value := outputs[resource.PropertyKey(name)]
			if !value.ContainsUnknowns() {
				t.Errorf("%s: %s must be unknown, is %v", token, name, value)
			}
		}
		for name, want := range c.known {
			if got := outputs[resource.PropertyKey(name)].V; !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %s is %v, not %v", token, name, got, want)
			}
		}
	}
}

func TestDiff(t *testing.T) {
	inputs := leafInputs(t)
	_, state := create(t, selfSignedCert, inputs)
	for _, c := range []struct {
		name               string
		inputs             values
		changed, replacing string
	}{
		{"nothing", inputs, "", ""},
		{"a default spelled out", inputs.with("isCaCertificate", false).with("earlyRenewalHours", 0), "", ""},
		{"early renewal, not reached", inputs.with("earlyRenewalHours", 5), "earlyRenewalHours", ""},
		{"early renewal, reached", inputs.with("earlyRenewalHours", 100), "earlyRenewalHours readyForRenewal", "readyForRenewal"},
		{"early renewal, unknown", inputs.with("earlyRenewalHours", unknownValue), "earlyRenewalHours", ""},
		{"period", inputs.with("validityPeriodHours", 50), "validityPeriodHours", "validityPeriodHours"},
		{"key", inputs.with("privateKeyPem", newKey(t, "ECDSA")), "privateKeyPem", "privateKeyPem"},
		{"unknown key", inputs.with("privateKeyPem", unknownValue), "privateKeyPem", "privateKeyPem"},
		{"uses", inputs.with("allowedUses", []any{"client_auth"}), "allowedUses", "allowedUses"},
		{"order of names", inputs.with("dnsNames", []any{"b", "a"}), "dnsNames", "dnsNames"},
		{"no names", inputs.without("dnsNames"), "dnsNames", "dnsNames"},
		{"empty names", inputs.with("dnsNames", []any{}), "dnsNames", "dnsNames"},
		{"part of the subject", inputs.with("subject", map[string]any{"commonName": "leaf", "country": "DE"}), "subject", "subject"},
		{"unknown subject", inputs.with("subject", map[string]any{"commonName": unknownValue}), "subject", "subject"},
		{"address", inputs.with("ipAddresses", []any{"10.0.0.1"}), "ipAddresses", "ipAddresses"},
		{"uri", inputs.with("uris", []any{"spiffe://x"}), "uris", "uris"},
		{"authority", inputs.with("isCaCertificate", true), "isCaCertificate", "isCaCertificate"},
		{"path length", inputs.with("maxPathLength", 0), "maxPathLength", "maxPathLength"},
		{"subject key id", inputs.with("setSubjectKeyId", true), "setSubjectKeyId", "setSubjectKeyId"},
		{"authority key id", inputs.with("setAuthorityKeyId", true), "setAuthorityKeyId", "setAuthorityKeyId"},
	} {
		expectDiff(t, c.name, diff(t, selfSignedCert, state, c.inputs, issued.Add(time.Hour)), c.changed, c.replacing)
	}
}

func TestDiffOfLocallySignedCert(t *testing.T) {
	caKey, ca := authority(t, "ECDSA")
	_, request := create(t, certRequest, values{"privateKeyPem": caKey})
	inputs := values{
		"caCertPem": plain(ca, "certPem"), "caPrivateKeyPem": caKey, "certRequestPem": plain(request, "certRequestPem"),
		"validityPeriodHours": 10, "allowedUses": []any{}, "maxPathLength": -1,
	}
	_, state := create(t, locallySignedCert, inputs)
	expectDiff(t, "nothing", diff(t, locallySignedCert, state, inputs, issued), "", "")
	expectDiff(t, "path length no longer given", diff(t, locallySignedCert, state, inputs.without("maxPathLength"), issued), "", "")
	for _, name := range []string{"caCertPem", "caPrivateKeyPem", "certRequestPem"} {
		expectDiff(t, name, diff(t, locallySignedCert, state, inputs.with(name, "other"), issued), name, name)
	}
}

func TestDiffOfPrivateKeyShowsAllOutputs(t *testing.T) {
	_, state := create(t, privateKey, values{"algorithm": "ED25519"})
	expectDiff(t, "nothing", diff(t, privateKey, state, values{"algorithm": "ED25519", "rsaBits": 2048}, issued), "", "")
	expectDiff(t, "bits", diff(t, privateKey, state, values{"algorithm": "ED25519", "rsaBits": 4096}, issued),
		"id privateKeyOpenssh privateKeyPem privateKeyPemPkcs8 publicKeyFingerprintMd5 publicKeyFingerprintSha256 "+
			"publicKeyOpenssh publicKeyPem rsaBits", "rsaBits")
}

func expectDiff(t *testing.T, name string, got *pulumirpc.DiffResponse, changed, replacing string) {
	t.Helper()
	if strings.Join(got.GetDiffs(), " ") != changed || strings.Join(got.GetReplaces(), " ") != replacing {
		t.Errorf("%s: want %q replacing %q, got %v", name, changed, replacing, got)
	}
	if (changed == "") != (got.GetChanges() == pulumirpc.DiffResponse_DIFF_NONE) {
		t.Errorf("%s: %v", name, got.GetChanges())
	}
}

func TestRenewal(t *testing.T) {
	inputs := leafInputs(t).with("earlyRenewalHours", 10)
	_, state := create(t, selfSignedCert, inputs)
	for _, c := range []struct {
		after     time.Duration
		replacing string
	}{
		{89 * time.Hour, ""}, {90*time.Hour - time.Second, ""}, {90 * time.Hour, readyForRenewalKey}, {200 * time.Hour, readyForRenewalKey},
	} {
		now := issued.Add(c.after)
		expectDiff(t, c.after.String(), diff(t, selfSignedCert, state, inputs, now), c.replacing, c.replacing)

		read, err := at(now).Read(context.Background(), &pulumirpc.ReadRequest{
			Id: "1", Urn: urnOf(selfSignedCert), Properties: encode(t, state), Inputs: encode(t, properties(inputs)),
		})
		must(t, err)
		refreshed := decode(t, read.GetProperties())
		if flag(refreshed, readyForRenewalKey) != (c.replacing != "") {
			t.Errorf("%s: a refresh gives readyForRenewal %v", c.after, refreshed[readyForRenewalKey])
		}
		if plain(refreshed, "certPem") != plain(state, "certPem") || !refreshed["privateKeyPem"].IsSecret() {
			t.Errorf("%s: a refresh must change nothing else", c.after)
		}
	}
}

func TestUpdateKeepsTheCertificate(t *testing.T) {
	inputs := leafInputs(t)
	_, state := create(t, selfSignedCert, inputs)
	state["__pulumi_raw_state_delta"] = resource.NewProperty("written by the official plugin")
	later := inputs.with("earlyRenewalHours", 5)
	response, err := at(issued).Update(context.Background(), &pulumirpc.UpdateRequest{
		Id: "1", Urn: urnOf(selfSignedCert), Olds: encode(t, state), News: encode(t, properties(later)),
	})
	must(t, err)
	updated := decode(t, response.GetProperties())
	if number(updated, earlyRenewalHoursKey) != 5 {
		t.Error("earlyRenewalHours must be taken over")
	}
	updated[earlyRenewalHoursKey] = state[earlyRenewalHoursKey]
	if !updated.DeepEquals(state) {
		t.Errorf("nothing else may change: %v", updated.Diff(state))
	}
	expectDiff(t, "after the update", diff(t, selfSignedCert, state, inputs, issued), "", "")
}

func TestImportIsRefused(t *testing.T) {
	_, err := at(issued).Read(context.Background(), &pulumirpc.ReadRequest{Id: "1", Urn: urnOf(privateKey)})
	if err == nil || !strings.HasPrefix(err.Error(), "Resource Import Not Implemented") {
		t.Error(err)
	}
}

func TestUnknownToken(t *testing.T) {
	_, err := tryCreate(t, "tls:index/other:Other", values{}, false)
	if err == nil || err.Error() != "unknown resource token: tls:index/other:Other" {
		t.Error(err)
	}
}

func TestConfiguration(t *testing.T) {
	for inputs, failures := range map[string]int{"version": 0, "proxy": 1} {
		response, err := at(issued).CheckConfig(context.Background(), &pulumirpc.CheckRequest{
			News: encode(t, properties(values{inputs: "x"})),
		})
		must(t, err)
		if len(response.GetFailures()) != failures {
			t.Errorf("%s: %v", inputs, response.GetFailures())
		}
	}
}

func TestEngineAddressIsTheLastArgument(t *testing.T) {
	for want, args := range map[string][]string{
		"":               {"-v=3"},
		"127.0.0.1:4000": {"--logtostderr", "-v=3", "127.0.0.1:4000"},
	} {
		if got := engineAddress(args); got != want {
			t.Errorf("%v: %q", args, got)
		}
	}
}
