package main

import (
	"crypto/sha1"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

var fullSubject = map[string]any{
	"commonName": "cn", "country": "DE", "emailAddress": "a@b.example", "locality": "l", "organization": "o",
	"organizationalUnit": "ou", "postalCode": "1", "province": "p", "serialNumber": "2",
	"streetAddresses": []any{"s1", "s2"},
}

const fullSubjectText = "SERIALNUMBER=2,CN=cn,OU=ou,O=o,POSTALCODE=1,STREET=s1+STREET=s2,L=l,ST=p,C=DE"

func authority(t *testing.T, algorithm string) (string, resource.PropertyMap) {
	t.Helper()
	key := newKey(t, algorithm)
	_, state := create(t, selfSignedCert, values{
		"privateKeyPem": key, "validityPeriodHours": 100, "allowedUses": []any{"cert_signing", "crl_signing"},
		"isCaCertificate": true, "subject": map[string]any{"commonName": "ca"},
	})
	return key, state
}

func TestSelfSignedAuthority(t *testing.T) {
	key := newKey(t, "ECDSA")
	id, state := create(t, selfSignedCert, values{
		"privateKeyPem": key, "validityPeriodHours": 100, "isCaCertificate": true, "maxPathLength": 3,
		"setAuthorityKeyId": true, "subject": fullSubject,
		"allowedUses": []any{"cert_signing", "crl_signing", "server_auth", "client_auth"},
		"dnsNames":    []any{"a.example", "b.example"}, "ipAddresses": []any{"10.0.0.1", "::1"}, "uris": []any{"spiffe://x/y"},
	})
	certificate := parseCertificate(t, state)
	if !certificate.IsCA || !certificate.BasicConstraintsValid || certificate.MaxPathLen != 3 {
		t.Error("basic constraints")
	}
	if certificate.KeyUsage != x509.KeyUsageCertSign|x509.KeyUsageCRLSign || !reflect.DeepEqual(
		certificate.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}) {
		t.Error("usages")
	}
	if !reflect.DeepEqual(certificate.DNSNames, []string{"a.example", "b.example"}) ||
		len(certificate.IPAddresses) != 2 || certificate.IPAddresses[1].String() != "::1" ||
		len(certificate.URIs) != 1 || certificate.URIs[0].String() != "spiffe://x/y" {
		t.Error("alternative names")
	}
	if got := certificate.Subject.String(); !strings.HasPrefix(got, fullSubjectText) {
		t.Error("subject", got)
	}
	if !strings.Contains(string(certificate.RawSubject), "\x16\x0ba@b.example") {
		t.Error("the e-mail address must be an IA5String of 11 bytes")
	}
	signer, _, err := parsePrivateKey(key)
	must(t, err)
	ski, err := subjectKeyID(signer.Public())
	must(t, err)
	if !reflect.DeepEqual(certificate.SubjectKeyId, ski) || !reflect.DeepEqual(certificate.AuthorityKeyId, ski) {
		t.Error("key identifiers")
	}
	if certificate.SerialNumber.String() != id || certificate.SerialNumber.Cmp(new(big.Int).Lsh(big.NewInt(1), 128)) >= 0 {
		t.Error("the id must be the serial number of at most 128 bits")
	}
	if plain(state, "validityStartTime") != "2030-01-02T03:04:05Z" || plain(state, "validityEndTime") != "2030-01-06T07:04:05Z" ||
		!certificate.NotBefore.Equal(issued) || !certificate.NotAfter.Equal(issued.Add(100*time.Hour)) {
		t.Error("validity", plain(state, "validityStartTime"), plain(state, "validityEndTime"))
	}
	if plain(state, "keyAlgorithm") != "ECDSA" || !state["privateKeyPem"].IsSecret() || flag(state, readyForRenewalKey) {
		t.Error("outputs")
	}
}

func TestLeafDefaults(t *testing.T) {
	_, state := create(t, selfSignedCert, values{
		"privateKeyPem": newKey(t, "ECDSA"), "validityPeriodHours": 1, "allowedUses": []any{},
	})
	certificate := parseCertificate(t, state)
	if certificate.IsCA || len(certificate.SubjectKeyId) > 0 || certificate.KeyUsage != 0 || certificate.Subject.String() != "" {
		t.Error("a leaf has nothing it wasn't given")
	}
	if _, has := state["maxPathLength"]; has {
		t.Error("maxPathLength must stay out of the state")
	}
	for _, name := range []string{"isCaCertificate", "setSubjectKeyId", "setAuthorityKeyId", readyForRenewalKey} {
		if value := state[resource.PropertyKey(name)]; !value.IsBool() || value.BoolValue() {
			t.Errorf("%s must be false", name)
		}
	}
}

func TestMaxPathLengthZeroSetsNoLimit(t *testing.T) {
	_, state := create(t, selfSignedCert, values{
		"privateKeyPem": newKey(t, "ECDSA"), "validityPeriodHours": 1, "allowedUses": []any{}, "isCaCertificate": true,
		"maxPathLength": 0, "subject": map[string]any{"commonName": "ca"},
	})
	if certificate := parseCertificate(t, state); certificate.MaxPathLen != -1 || certificate.MaxPathLenZero {
		t.Error("the official plugin sets no limit for 0")
	}
}

func TestCertRequest(t *testing.T) {
	id, state := create(t, certRequest, values{
		"privateKeyPem": newKey(t, "ED25519"), "subject": fullSubject, "dnsNames": []any{"a.example"},
		"ipAddresses": []any{"10.0.0.1"}, "uris": []any{"spiffe://x/y"},
	})
	block, _ := pem.Decode([]byte(plain(state, "certRequestPem")))
	request, err := x509.ParseCertificateRequest(block.Bytes)
	must(t, err)
	must(t, request.CheckSignature())
	if id != contentID(block.Bytes) || plain(state, "keyAlgorithm") != "ED25519" {
		t.Error("id or algorithm")
	}
	if request.Subject.CommonName != "cn" || request.DNSNames[0] != "a.example" ||
		request.IPAddresses[0].String() != "10.0.0.1" || request.URIs[0].String() != "spiffe://x/y" {
		t.Error("names")
	}
}

func TestLocallySignedChainVerifies(t *testing.T) {
	for _, algorithm := range []string{"RSA", "ECDSA", "ED25519"} {
		caKey, ca := authority(t, algorithm)
		_, request := create(t, certRequest, values{
			"privateKeyPem": newKey(t, algorithm), "dnsNames": []any{"node.example"},
			"subject": map[string]any{"commonName": "node", "organization": "system:nodes"},
		})
		id, state := create(t, locallySignedCert, values{
			"caCertPem": plain(ca, "certPem"), "caPrivateKeyPem": caKey, "certRequestPem": plain(request, "certRequestPem"),
			"validityPeriodHours": 10, "allowedUses": []any{"digital_signature", "client_auth"},
		})
		certificate := parseCertificate(t, state)
		pool := x509.NewCertPool()
		pool.AddCert(parseCertificate(t, ca))
		_, err := certificate.Verify(x509.VerifyOptions{
			Roots: pool, DNSName: "node.example", CurrentTime: issued.Add(time.Hour),
			KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		})
		must(t, err)
		if certificate.SerialNumber.String() != id || certificate.Subject.String() != "CN=node,O=system:nodes" ||
			plain(state, "caKeyAlgorithm") != algorithm || !state["caPrivateKeyPem"].IsSecret() {
			t.Errorf("%s: outputs", algorithm)
		}
		if !reflect.DeepEqual(certificate.AuthorityKeyId, parseCertificate(t, ca).SubjectKeyId) {
			t.Errorf("%s: the authority key identifier must be the authority's", algorithm)
		}
		opensslVerify(t, plain(ca, "certPem"), plain(state, "certPem"))
	}
}

// opensslVerify asks an outside judge, at a time when the tests' certificates are valid.
func opensslVerify(t *testing.T, ca, leaf string) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Fatal("openssl is not installed, and nobody else judges the chain. Fix: apt-get install openssl")
	}
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "ca.pem"), []byte(ca), 0o600))
	must(t, os.WriteFile(filepath.Join(folder, "leaf.pem"), []byte(leaf), 0o600))
	out, err := exec.Command("openssl", "verify", "-x509_strict", "-purpose", "sslclient",
		"-attime", big.NewInt(issued.Add(time.Hour).Unix()).String(),
		"-CAfile", filepath.Join(folder, "ca.pem"), filepath.Join(folder, "leaf.pem")).CombinedOutput()
	if err != nil {
		t.Errorf("openssl verify: %s", out)
	}
}

func TestSubjectKeyIDIsSha1OfTheKeyBits(t *testing.T) {
	key, _, err := parsePrivateKey(newKey(t, "RSA"))
	must(t, err)
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	must(t, err)
	// The last bytes of the PKIX form are the PKCS #1 form, the bits RFC 5280 means.
	bits := der[24:]
	sum := sha1.Sum(bits)
	if id, err := subjectKeyID(key.Public()); err != nil || !reflect.DeepEqual(id, sum[:]) {
		t.Error("RSA", err)
	}
}

func TestCreateErrors(t *testing.T) {
	caKey, ca := authority(t, "ECDSA")
	leaf := values{"privateKeyPem": caKey, "validityPeriodHours": 1, "allowedUses": []any{}}
	_, request := create(t, certRequest, values{"privateKeyPem": caKey})
	signed := values{
		"caCertPem": plain(ca, "certPem"), "caPrivateKeyPem": caKey, "certRequestPem": plain(request, "certRequestPem"),
		"validityPeriodHours": 1, "allowedUses": []any{},
	}
	for _, c := range []struct {
		token  string
		inputs values
		want   string
	}{
		{
			selfSignedCert, leaf.with("privateKeyPem", "junk"),
			"Failed to parse private key PEM: failed to decode PEM block: decoded bytes 0, undecoded 4",
		},
		{
			selfSignedCert, leaf.with("privateKeyPem", "-----BEGIN FOO-----\nAAAA\n-----END FOO-----\n"),
			"Failed to parse private key PEM: unsupported PEM preamble/type: FOO",
		},
		{
			selfSignedCert, leaf.with("privateKeyPem", plain(ca, "certPem")),
			"Failed to parse private key PEM: unable to determine parser for PEM preamble: CERTIFICATE",
		},
		{
			selfSignedCert, leaf.with("isCaCertificate", true),
			"Invalid Certificate Subject: Must contain at least one Distinguished Name when creating Certificate Authority (CA)",
		},
		{
			selfSignedCert, leaf.with("setAuthorityKeyId", true),
			"Invalid Certificate Authority: Could not determine Authority Key Identifier",
		},
		{
			selfSignedCert, leaf.with("maxPathLength", 1),
			"Failed to create certificate: x509: only CAs are allowed to specify MaxPathLen",
		},
		{certRequest, values{"privateKeyPem": caKey, "ipAddresses": []any{"x"}}, `Invalid IP address: Failed to parse "x"`},
		{
			certRequest, values{"privateKeyPem": caKey, "uris": []any{"http://[::1"}},
			`Invalid URI: Failed to parse "http://[::1": parse "http://[::1": missing ']' in host`,
		},
		{
			locallySignedCert, signed.with("caCertPem", "junk"),
			`Failed to parse CA certificate PEM: failed to decode PEM of expected type "CERTIFICATE" from bytes`,
		},
		{
			locallySignedCert, signed.with("certRequestPem", plain(ca, "certPem")),
			`Failed to parse certificate request PEM: invalid PEM type - expected "CERTIFICATE REQUEST", got "CERTIFICATE"`,
		},
		{
			locallySignedCert, signed.with("caPrivateKeyPem", newKey(t, "ECDSA")),
			"Failed to create certificate: x509: provided PrivateKey doesn't match parent's PublicKey",
		},
	} {
		if _, err := tryCreate(t, c.token, c.inputs, false); err == nil || err.Error() != c.want {
			t.Errorf("want %q\ngot  %v", c.want, err)
		}
	}
}
