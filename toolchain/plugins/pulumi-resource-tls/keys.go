package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"golang.org/x/crypto/ssh"
)

// PEM block types, RFC 7468.
const (
	pemPublicKey          = "PUBLIC KEY"
	pemPkcs8Key           = "PRIVATE KEY"
	pemRsaKey             = "RSA PRIVATE KEY"
	pemEcKey              = "EC PRIVATE KEY"
	pemCertificate        = "CERTIFICATE"
	pemCertificateRequest = "CERTIFICATE REQUEST"
)

// createPrivateKey, like its siblings, words its errors as the official plugin does: hence the capitals.
func createPrivateKey(inputs resource.PropertyMap, _ time.Time) (string, resource.PropertyMap, error) {
	key, err := generateKey(text(inputs, "algorithm"), text(inputs, "ecdsaCurve"), number(inputs, "rsaBits"))
	if err != nil {
		return "", nil, fmt.Errorf("Unable to generate Key from configuration: %w", err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", nil, fmt.Errorf("Unable to encode private key to PKCS#8 PEM: %w", err)
	}
	private, err := traditionalPem(key, pkcs8)
	if err != nil {
		return "", nil, fmt.Errorf("Unable to encode key to PEM: %w", err)
	}
	openssh, err := opensshPem(key)
	if err != nil {
		return "", nil, fmt.Errorf("Unable to marshal private key into OpenSSH format: %w", err)
	}
	id, outputs, err := publicKeyOutputs(key)
	if err != nil {
		return "", nil, err
	}
	outputs["privateKeyPem"] = resource.NewProperty(private)
	outputs["privateKeyPemPkcs8"] = resource.NewProperty(encodePem(pemPkcs8Key, pkcs8))
	outputs["privateKeyOpenssh"] = resource.NewProperty(openssh)
	return id, outputs, nil
}

func generateKey(algorithm, curve string, bits int) (crypto.Signer, error) {
	switch algorithm {
	case "RSA":
		return rsa.GenerateKey(rand.Reader, bits)
	case "ECDSA":
		curves := map[string]elliptic.Curve{
			"P224": elliptic.P224(), "P256": elliptic.P256(), "P384": elliptic.P384(), "P521": elliptic.P521(),
		}
		if curves[curve] == nil {
			return nil, fmt.Errorf("invalid ECDSA curve; supported values are: [P224 P256 P384 P521]")
		}
		return ecdsa.GenerateKey(curves[curve], rand.Reader)
	case "ED25519":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	default:
		return nil, fmt.Errorf("Key Algorithm %q is not supported", algorithm)
	}
}

// traditionalPem writes RSA and ECDSA keys in their own older formats (PKCS #1, SEC 1); Ed25519 has only PKCS #8.
func traditionalPem(key crypto.Signer, pkcs8 []byte) (string, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return encodePem(pemRsaKey, x509.MarshalPKCS1PrivateKey(key)), nil
	case *ecdsa.PrivateKey:
		der, err := x509.MarshalECPrivateKey(key)
		return encodePem(pemEcKey, der), err
	default:
		return encodePem(pemPkcs8Key, pkcs8), nil
	}
}

// opensshPem is empty for the curve P-224, which OpenSSH doesn't have.
func opensshPem(key crypto.Signer) (string, error) {
	if ec, ok := key.(*ecdsa.PrivateKey); ok && ec.Curve == elliptic.P224() {
		return "", nil
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(block)), nil
}

// publicKeyOutputs gives a key's id and what PrivateKey and getPublicKey tell of its public half. The OpenSSH
// values are empty for P-224.
func publicKeyOutputs(key crypto.Signer) (string, resource.PropertyMap, error) {
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return "", nil, fmt.Errorf("Failed to marshal public key: %w", err)
	}
	authorizedKey, md5, sha256 := "", "", ""
	if public, err := ssh.NewPublicKey(key.Public()); err == nil {
		authorizedKey = string(ssh.MarshalAuthorizedKey(public))
		md5, sha256 = ssh.FingerprintLegacyMD5(public), ssh.FingerprintSHA256(public)
	}
	return contentID(der), resource.PropertyMap{
		"publicKeyPem":               resource.NewProperty(encodePem(pemPublicKey, der)),
		"publicKeyOpenssh":           resource.NewProperty(authorizedKey),
		"publicKeyFingerprintMd5":    resource.NewProperty(md5),
		"publicKeyFingerprintSha256": resource.NewProperty(sha256),
	}, nil
}

// contentID is the id of keys and requests: the SHA-1 of their DER form, hexadecimal; a name, not a safeguard.
// The official plugin trims white space first, although DER isn't text; without the same trimming a few ids
// would differ.
func contentID(der []byte) string {
	sum := sha1.Sum([]byte(strings.TrimSpace(string(der))))
	return hex.EncodeToString(sum[:])
}

// parsePrivateKey reads a PEM private key (PKCS #1, SEC 1 or PKCS #8) and names its algorithm.
func parsePrivateKey(text string) (crypto.Signer, string, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil {
		return nil, "", fmt.Errorf("failed to decode PEM block: decoded bytes %d, undecoded %d",
			len(text)-len(rest), len(rest))
	}
	key, err := parseKeyBlock(block)
	if err != nil {
		return nil, "", err
	}
	return withAlgorithm(key)
}

func parseKeyBlock(block *pem.Block) (key any, err error) {
	switch block.Type {
	case pemRsaKey:
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case pemEcKey:
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case pemPkcs8Key:
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case pemPublicKey, pemCertificate, pemCertificateRequest:
		return nil, fmt.Errorf("unable to determine parser for PEM preamble: %s", block.Type)
	default:
		return nil, fmt.Errorf("unsupported PEM preamble/type: %s", block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("failed to parse private key given PEM preamble '%s': %w", block.Type, err)
	}
	return key, nil
}

// parseOpensshKey reads a private key in OpenSSH's own format.
func parseOpensshKey(text string) (crypto.Signer, string, error) {
	key, err := ssh.ParseRawPrivateKey([]byte(text))
	if err != nil {
		return nil, "", fmt.Errorf("failed to parse openssh private key: %w", err)
	}
	return withAlgorithm(key)
}

func withAlgorithm(key any) (crypto.Signer, string, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return key, "RSA", nil
	case *ecdsa.PrivateKey:
		return key, "ECDSA", nil
	case ed25519.PrivateKey:
		return key, "ED25519", nil
	case *ed25519.PrivateKey:
		return *key, "ED25519", nil
	default:
		return nil, "", fmt.Errorf("failed to determine key algorithm for private key of type %T: "+
			"unsupported private key type: %T", key, key)
	}
}

func encodePem(blockType string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: der}))
}
