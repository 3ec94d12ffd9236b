package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// keyUsages are the bits of the key usage extension, RFC 5280 section 4.2.1.3.
var keyUsages = map[string]x509.KeyUsage{
	"digital_signature":  x509.KeyUsageDigitalSignature,
	"content_commitment": x509.KeyUsageContentCommitment,
	"key_encipherment":   x509.KeyUsageKeyEncipherment,
	"data_encipherment":  x509.KeyUsageDataEncipherment,
	"key_agreement":      x509.KeyUsageKeyAgreement,
	"cert_signing":       x509.KeyUsageCertSign,
	"crl_signing":        x509.KeyUsageCRLSign,
	"encipher_only":      x509.KeyUsageEncipherOnly,
	"decipher_only":      x509.KeyUsageDecipherOnly,
}

// extendedKeyUsages are the purposes of the extended key usage extension, RFC 5280 section 4.2.1.12.
var extendedKeyUsages = map[string]x509.ExtKeyUsage{
	"any_extended":                      x509.ExtKeyUsageAny,
	"server_auth":                       x509.ExtKeyUsageServerAuth,
	"client_auth":                       x509.ExtKeyUsageClientAuth,
	"code_signing":                      x509.ExtKeyUsageCodeSigning,
	"email_protection":                  x509.ExtKeyUsageEmailProtection,
	"ipsec_end_system":                  x509.ExtKeyUsageIPSECEndSystem,
	"ipsec_tunnel":                      x509.ExtKeyUsageIPSECTunnel,
	"ipsec_user":                        x509.ExtKeyUsageIPSECUser,
	"timestamping":                      x509.ExtKeyUsageTimeStamping,
	"ocsp_signing":                      x509.ExtKeyUsageOCSPSigning,
	"microsoft_server_gated_crypto":     x509.ExtKeyUsageMicrosoftServerGatedCrypto,
	"netscape_server_gated_crypto":      x509.ExtKeyUsageNetscapeServerGatedCrypto,
	"microsoft_commercial_code_signing": x509.ExtKeyUsageMicrosoftCommercialCodeSigning,
	"microsoft_kernel_code_signing":     x509.ExtKeyUsageMicrosoftKernelCodeSigning,
}

// usageNames are all values of allowedUses, sorted.
func usageNames() []string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(keyUsages)), maps.Keys(extendedKeyUsages))
	slices.Sort(names)
	return names
}

func createCertRequest(inputs resource.PropertyMap, _ time.Time) (string, resource.PropertyMap, error) {
	key, algorithm, err := parsePrivateKey(text(inputs, "privateKeyPem"))
	if err != nil {
		return "", nil, fmt.Errorf("Failed to parse private key PEM: %w", err)
	}
	names, err := readNames(inputs)
	if err != nil {
		return "", nil, err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: names.subject, DNSNames: names.dns, IPAddresses: names.ips, URIs: names.uris,
	}, key)
	if err != nil {
		return "", nil, fmt.Errorf("Error creating certificate request: %w", err)
	}
	return contentID(der), resource.PropertyMap{
		"certRequestPem": resource.NewProperty(encodePem(pemCertificateRequest, der)),
		"keyAlgorithm":   resource.NewProperty(algorithm),
	}, nil
}

func createSelfSignedCert(inputs resource.PropertyMap, now time.Time) (string, resource.PropertyMap, error) {
	key, algorithm, err := parsePrivateKey(text(inputs, "privateKeyPem"))
	if err != nil {
		return "", nil, fmt.Errorf("Failed to parse private key PEM: %w", err)
	}
	names, err := readNames(inputs)
	if err != nil {
		return "", nil, err
	}
	template := &x509.Certificate{
		Subject: names.subject, DNSNames: names.dns, IPAddresses: names.ips, URIs: names.uris,
	}
	id, outputs, err := sign(inputs, now, template, template, key.Public(), key)
	if err != nil {
		return "", nil, err
	}
	outputs["keyAlgorithm"] = resource.NewProperty(algorithm)
	return id, outputs, nil
}

func createLocallySignedCert(inputs resource.PropertyMap, now time.Time) (string, resource.PropertyMap, error) {
	request, err := parsePem(text(inputs, "certRequestPem"), pemCertificateRequest, x509.ParseCertificateRequest)
	if err != nil {
		return "", nil, fmt.Errorf("Failed to parse certificate request PEM: %w", err)
	}
	caKey, algorithm, err := parsePrivateKey(text(inputs, "caPrivateKeyPem"))
	if err != nil {
		return "", nil, fmt.Errorf("Failed to parse CA private key PEM: %w", err)
	}
	ca, err := parsePem(text(inputs, "caCertPem"), pemCertificate, x509.ParseCertificate)
	if err != nil {
		return "", nil, fmt.Errorf("Failed to parse CA certificate PEM: %w", err)
	}
	if !ca.IsCA {
		fmt.Fprintf(os.Stderr, "warning: the certificate %q given as caCertPem is not a certificate authority; "+
			"verifiers will refuse what it signs\n", ca.Subject)
	}
	// Only the four kinds of names are taken over: a request's own extensions are wishes of its author.
	template := &x509.Certificate{
		Subject: request.Subject, DNSNames: request.DNSNames, IPAddresses: request.IPAddresses, URIs: request.URIs,
	}
	id, outputs, err := sign(inputs, now, template, ca, request.PublicKey, caKey)
	if err != nil {
		return "", nil, err
	}
	outputs["caKeyAlgorithm"] = resource.NewProperty(algorithm)
	return id, outputs, nil
}

// sign completes the template from a certificate resource's inputs and signs it. The id is the serial number,
// random of 128 bits, in decimal.
func sign(
	inputs resource.PropertyMap, now time.Time,
	template, parent *x509.Certificate, public crypto.PublicKey, signer crypto.Signer,
) (string, resource.PropertyMap, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 128))
	if err != nil {
		return "", nil, fmt.Errorf("Failed to generate serial number: %w", err)
	}
	template.SerialNumber = serial
	template.NotBefore = now
	template.NotAfter = now.Add(time.Duration(number(inputs, validityPeriodKey)) * time.Hour)
	template.BasicConstraintsValid = true
	template.IsCA = flag(inputs, "isCaCertificate")
	// 0 sets no limit: crypto/x509 wants MaxPathLenZero beside it, which the official plugin doesn't set.
	template.MaxPathLen = max(0, number(inputs, "maxPathLength"))
	for _, use := range texts(inputs, "allowedUses") {
		template.KeyUsage |= keyUsages[use]
		if extended, ok := extendedKeyUsages[use]; ok {
			template.ExtKeyUsage = append(template.ExtKeyUsage, extended)
		}
	}
	if err := setKeyIDs(inputs, template, parent, public); err != nil {
		return "", nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, signer)
	if err != nil {
		return "", nil, fmt.Errorf("Failed to create certificate: %w", err)
	}
	return serial.String(), resource.PropertyMap{
		"certPem":           resource.NewProperty(encodePem(pemCertificate, der)),
		"validityStartTime": resource.NewProperty(template.NotBefore.Format(time.RFC3339Nano)),
		validityEndTimeKey:  resource.NewProperty(template.NotAfter.Format(time.RFC3339Nano)),
	}, nil
}

// setKeyIDs sets the key identifier extensions. Authorities always have their own, others on request; the
// authority's is taken from the parent by crypto/x509, only a self-signed certificate asks for it.
func setKeyIDs(inputs resource.PropertyMap, template, parent *x509.Certificate, public crypto.PublicKey) error {
	if template.IsCA && reflect.DeepEqual(template.Subject, pkix.Name{}) {
		// RFC 5280 section 4.1.2.6: an authority's subject must not be empty.
		return fmt.Errorf("Invalid Certificate Subject: " +
			"Must contain at least one Distinguished Name when creating Certificate Authority (CA)")
	}
	if template.IsCA || flag(inputs, "setSubjectKeyId") {
		id, err := subjectKeyID(public)
		if err != nil {
			return fmt.Errorf("Failed to generate subject key identifier: %w", err)
		}
		template.SubjectKeyId = id
	}
	if flag(inputs, "setAuthorityKeyId") {
		if len(parent.SubjectKeyId) == 0 {
			return fmt.Errorf("Invalid Certificate Authority: Could not determine Authority Key Identifier")
		}
		template.AuthorityKeyId = parent.SubjectKeyId
	}
	return nil
}

// subjectKeyID is the SHA-1 of the public key's bits, RFC 5280 section 4.2.1.2 (1). For Ed25519 the official
// plugin hashes the key as an ASN.1 octet string; any value is allowed, so this does the same.
func subjectKeyID(public crypto.PublicKey) (id []byte, err error) {
	var bits []byte
	switch public := public.(type) {
	case *rsa.PublicKey:
		bits = x509.MarshalPKCS1PublicKey(public)
	case *ecdsa.PublicKey:
		bits, err = public.Bytes()
	case ed25519.PublicKey:
		bits, err = asn1.Marshal(public)
	default:
		err = fmt.Errorf("unsupported public key type %T", public)
	}
	sum := sha1.Sum(bits)
	return sum[:], err
}

// names are those a request or self-signed certificate is for.
type names struct {
	subject pkix.Name
	dns     []string
	ips     []net.IP
	uris    []*url.URL
}

func readNames(inputs resource.PropertyMap) (names, error) {
	out := names{dns: texts(inputs, "dnsNames")}
	if subject := inputs["subject"]; subject.IsObject() {
		out.subject = distinguishedName(subject.ObjectValue())
	}
	for _, address := range texts(inputs, "ipAddresses") {
		ip := net.ParseIP(address)
		if ip == nil {
			return names{}, fmt.Errorf("Invalid IP address: Failed to parse %q", address)
		}
		out.ips = append(out.ips, ip)
	}
	for _, address := range texts(inputs, "uris") {
		uri, err := url.Parse(address)
		if err != nil {
			return names{}, fmt.Errorf("Invalid URI: Failed to parse %q: %w", address, err)
		}
		out.uris = append(out.uris, uri)
	}
	return out, nil
}

func distinguishedName(subject resource.PropertyMap) pkix.Name {
	one := func(name resource.PropertyKey) []string {
		if _, given := subject[name]; !given {
			return nil
		}
		return []string{text(subject, name)}
	}
	name := pkix.Name{
		CommonName:         text(subject, "commonName"),
		Organization:       one("organization"),
		OrganizationalUnit: one("organizationalUnit"),
		StreetAddress:      texts(subject, "streetAddresses"),
		Locality:           one("locality"),
		Province:           one("province"),
		Country:            one("country"),
		PostalCode:         one("postalCode"),
		SerialNumber:       text(subject, "serialNumber"),
	}
	if _, given := subject["emailAddress"]; given {
		name.ExtraNames = []pkix.AttributeTypeAndValue{{
			Type:  asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, // PKCS #9 emailAddress, an IA5String
			Value: asn1.RawValue{Tag: asn1.TagIA5String, Bytes: []byte(text(subject, "emailAddress"))},
		}}
	}
	return name
}

// parsePem reads the one PEM block of the given type.
func parsePem[T any](text, blockType string, parse func([]byte) (T, error)) (parsed T, err error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return parsed, fmt.Errorf("failed to decode PEM of expected type %q from bytes", blockType)
	}
	if block.Type != blockType {
		return parsed, fmt.Errorf("invalid PEM type - expected %q, got %q", blockType, block.Type)
	}
	if parsed, err = parse(block.Bytes); err != nil {
		return parsed, fmt.Errorf("failed to parse %s: %w", strings.ToLower(blockType), err)
	}
	return parsed, nil
}
