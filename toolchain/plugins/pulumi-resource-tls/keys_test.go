package main

import (
	"context"
	"crypto/sha1"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"golang.org/x/crypto/ssh"
)

func TestPrivateKeyFormats(t *testing.T) {
	for _, c := range []struct {
		inputs              values
		pemType, opensshTag string
	}{
		{values{"algorithm": "RSA"}, "RSA PRIVATE KEY", "ssh-rsa "},
		{values{"algorithm": "RSA", "rsaBits": 3072}, "RSA PRIVATE KEY", "ssh-rsa "},
		{values{"algorithm": "ECDSA", "ecdsaCurve": "P256"}, "EC PRIVATE KEY", "ecdsa-sha2-nistp256 "},
		{values{"algorithm": "ECDSA", "ecdsaCurve": "P384"}, "EC PRIVATE KEY", "ecdsa-sha2-nistp384 "},
		{values{"algorithm": "ECDSA", "ecdsaCurve": "P521"}, "EC PRIVATE KEY", "ecdsa-sha2-nistp521 "},
		{values{"algorithm": "ED25519"}, "PRIVATE KEY", "ssh-ed25519 "},
	} {
		id, state := create(t, privateKey, c.inputs)
		block, _ := pem.Decode([]byte(plain(state, "privateKeyPem")))
		if block == nil || block.Type != c.pemType {
			t.Fatalf("%v: privateKeyPem is not a %s", c.inputs, c.pemType)
		}
		fromPem, _, err := parsePrivateKey(plain(state, "privateKeyPem"))
		must(t, err)
		fromPkcs8, _, err := parsePrivateKey(plain(state, "privateKeyPemPkcs8"))
		must(t, err)
		fromOpenssh, _, err := parseOpensshKey(plain(state, "privateKeyOpenssh"))
		must(t, err)
		der, err := x509.MarshalPKIXPublicKey(fromPem.Public())
		must(t, err)
		for format, key := range map[string]any{"PKCS #8": fromPkcs8.Public(), "OpenSSH": fromOpenssh.Public()} {
			if other, err := x509.MarshalPKIXPublicKey(key); err != nil || string(other) != string(der) {
				t.Errorf("%v: %s holds another key (%v)", c.inputs, format, err)
			}
		}

		sum := sha1.Sum([]byte(strings.TrimSpace(string(der))))
		if id != hex.EncodeToString(sum[:]) || plain(state, "id") != id {
			t.Errorf("%v: id %s is not the SHA-1 of the public key", c.inputs, id)
		}
		public, err := ssh.NewPublicKey(fromPem.Public())
		must(t, err)
		authorized := plain(state, "publicKeyOpenssh")
		if !strings.HasPrefix(authorized, c.opensshTag) || !strings.HasSuffix(authorized, "\n") {
			t.Errorf("%v: publicKeyOpenssh %q", c.inputs, authorized)
		}
		if plain(state, "publicKeyFingerprintMd5") != ssh.FingerprintLegacyMD5(public) ||
			plain(state, "publicKeyFingerprintSha256") != ssh.FingerprintSHA256(public) {
			t.Errorf("%v: wrong fingerprints", c.inputs)
		}
	}
}

func TestPrivateKeyOutputs(t *testing.T) {
	_, state := create(t, privateKey, values{"algorithm": "ED25519"})
	for _, name := range []string{"privateKeyPem", "privateKeyOpenssh", "privateKeyPemPkcs8"} {
		if value := state[resource.PropertyKey(name)]; !value.IsSecret() {
			t.Errorf("%s is not secret", name)
		}
	}
	if value := state["publicKeyPem"]; !value.IsString() {
		t.Error("publicKeyPem is not a plain string")
	}
	if plain(state, "ecdsaCurve") != "P224" || number(state, "rsaBits") != 2048 {
		t.Error("defaults are missing from the outputs")
	}
	if plain(state, "__meta") != `{"schema_version":"1"}` {
		t.Error("the official plugin would upgrade this state")
	}
}

func TestPrivateKeyP224HasNoOpensshForm(t *testing.T) {
	_, state := create(t, privateKey, values{"algorithm": "ECDSA"})
	if plain(state, "privateKeyPem") == "" || plain(state, "privateKeyOpenssh") != "" ||
		plain(state, "publicKeyOpenssh") != "" || plain(state, "publicKeyFingerprintSha256") != "" {
		t.Error("P-224 must give PEM and empty OpenSSH values")
	}
}

func TestShortRsaKeyIsRefused(t *testing.T) {
	_, err := tryCreate(t, privateKey, values{"algorithm": "RSA", "rsaBits": 512}, false)
	if err == nil || !strings.HasPrefix(err.Error(), "Unable to generate Key from configuration: crypto/rsa: 512-bit") {
		t.Error(err)
	}
}

func TestGetPublicKey(t *testing.T) {
	id, state := create(t, privateKey, values{"algorithm": "ECDSA", "ecdsaCurve": "P256"})
	invoke := func(args values) (*pulumirpc.InvokeResponse, error) {
		return at(issued).Invoke(context.Background(), &pulumirpc.InvokeRequest{
			Tok: "tls:index/getPublicKey:getPublicKey", Args: encode(t, properties(args)),
		})
	}
	for _, name := range []string{"privateKeyPem", "privateKeyOpenssh"} {
		response, err := invoke(values{name: plain(state, "privateKeyPem")})
		if name == "privateKeyOpenssh" {
			response, err = invoke(values{name: plain(state, "privateKeyOpenssh")})
		}
		must(t, err)
		result := decode(t, response.GetReturn())
		if plain(result, "id") != id || plain(result, "algorithm") != "ECDSA" ||
			plain(result, "publicKeyPem") != plain(state, "publicKeyPem") {
			t.Errorf("%s: %v", name, result)
		}
	}
	if response, err := invoke(values{}); err != nil || len(response.GetFailures()) != 1 {
		t.Error("no key must be refused")
	}
	if _, err := invoke(values{"privateKeyPem": "junk"}); err == nil ||
		err.Error() != "Unable to parse private key: failed to decode PEM block: decoded bytes 0, undecoded 4" {
		t.Error(err)
	}
}
