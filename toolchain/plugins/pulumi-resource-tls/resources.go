package main

import (
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Properties with a meaning outside their own resource.
const (
	idKey                = "id"
	earlyRenewalHoursKey = "earlyRenewalHours"
	readyForRenewalKey   = "readyForRenewal"
	validityPeriodKey    = "validityPeriodHours"
	validityEndTimeKey   = "validityEndTime"
)

// resourceType is one kind of resource.
type resourceType struct {
	properties []property
	// create makes the resource: from the values of all inputs to its id and computed outputs.
	create func(inputs resource.PropertyMap, now time.Time) (string, resource.PropertyMap, error)
	// renews tells that the resource is a certificate, to be replaced before it ends.
	renews bool
	// recomputes tells that any change shows all computed outputs as changed.
	recomputes bool
	// schemaVersion is what the official plugin writes into the state, so that it finds nothing to upgrade.
	schemaVersion string
}

// resourceTypes are the resources served, by token.
var resourceTypes = map[string]resourceType{
	"tls:index/privateKey:PrivateKey": {
		create:        createPrivateKey,
		recomputes:    true,
		schemaVersion: "1",
		properties: []property{
			{name: "algorithm", kind: aString, input: true, required: true, rule: oneOf("RSA", "ECDSA", "ED25519")},
			{name: "ecdsaCurve", kind: aString, input: true, initial: "P224", rule: oneOf("P224", "P256", "P384", "P521")},
			{name: "rsaBits", kind: anInt, input: true, initial: 2048},
			{name: "privateKeyOpenssh", computed: true, secret: true},
			{name: "privateKeyPem", computed: true, secret: true},
			{name: "privateKeyPemPkcs8", computed: true, secret: true},
			{name: "publicKeyFingerprintMd5", computed: true},
			{name: "publicKeyFingerprintSha256", computed: true},
			{name: "publicKeyOpenssh", computed: true},
			{name: "publicKeyPem", computed: true},
		},
	},
	"tls:index/certRequest:CertRequest": {
		create: createCertRequest,
		properties: append(identityProperties(),
			property{name: "certRequestPem", computed: true},
			property{name: "keyAlgorithm", computed: true},
		),
	},
	"tls:index/selfSignedCert:SelfSignedCert": {
		create: createSelfSignedCert,
		renews: true,
		properties: append(append(identityProperties(), certificateProperties()...),
			property{name: "setAuthorityKeyId", kind: aBool, input: true, initial: false},
			property{name: "keyAlgorithm", computed: true},
		),
	},
	"tls:index/locallySignedCert:LocallySignedCert": {
		create: createLocallySignedCert,
		renews: true,
		properties: append(certificateProperties(),
			property{name: "caCertPem", kind: aString, input: true, required: true},
			property{name: "caPrivateKeyPem", kind: aString, input: true, required: true, secret: true},
			property{name: "certRequestPem", kind: aString, input: true, required: true},
			property{name: "caKeyAlgorithm", computed: true},
		),
	},
}

// identityProperties say whose key and names go into a request or certificate.
func identityProperties() []property {
	return []property{
		{name: "privateKeyPem", kind: aString, input: true, required: true, secret: true},
		{name: "subject", kind: aSubject, input: true},
		{name: "dnsNames", kind: aList, input: true},
		{name: "ipAddresses", kind: aList, input: true, rule: notEmpty},
		{name: "uris", kind: aList, input: true, rule: notEmpty},
	}
}

// certificateProperties are those of every certificate.
func certificateProperties() []property {
	return []property{
		{name: validityPeriodKey, kind: anInt, input: true, required: true, rule: atLeast(0)},
		{name: "allowedUses", kind: aList, input: true, required: true, rule: oneOf(usageNames()...)},
		{name: earlyRenewalHoursKey, kind: anInt, input: true, initial: 0, updates: true, rule: atLeast(0)},
		{name: "isCaCertificate", kind: aBool, input: true, initial: false},
		{name: "maxPathLength", kind: anInt, input: true, computed: true, rule: atLeast(-1)},
		{name: "setSubjectKeyId", kind: aBool, input: true, initial: false},
		{name: "certPem", computed: true},
		{name: readyForRenewalKey, computed: true, initial: false, updates: true},
		{name: "validityStartTime", computed: true},
		{name: validityEndTimeKey, computed: true},
	}
}

// check gives every reason why the inputs can't be used, in the order of the properties.
func (t resourceType) check(resourceName string, inputs resource.PropertyMap) []string {
	var reasons []string
	for _, p := range t.properties {
		value, given := inputs[resource.PropertyKey(p.name)]
		switch {
		case !p.input:
		case given:
			reasons = append(reasons, p.check(resourceName, value)...)
		case p.required:
			reasons = append(reasons, fmt.Sprintf("Missing required property '%s'", p.name))
		}
	}
	return reasons
}

// plan is the state that the inputs lead to: inputs, defaults and, for the rest, what the state has. Without
// a state (nil, on create) computed values are unknown.
func (t resourceType) plan(state, inputs resource.PropertyMap) resource.PropertyMap {
	planned := state.Copy()
	if state == nil {
		planned = resource.PropertyMap{idKey: unknown}
	}
	for _, p := range t.properties {
		key := resource.PropertyKey(p.name)
		value, given := inputs[key]
		switch {
		case p.input && given:
			planned[key] = value
		case p.initial != nil:
			planned[key] = resource.NewPropertyValue(p.initial)
		case !p.computed:
			delete(planned, key)
		case state == nil:
			planned[key] = unknown
		}
	}
	if t.renews && number(planned, earlyRenewalHoursKey) >= number(planned, validityPeriodKey) {
		// Such a certificate is ready for renewal from its first moment. Unknown hours count as 0, as in the
		// official plugin.
		planned[readyForRenewalKey] = resource.NewProperty(true)
	}
	return planned
}

// diff gives the names of the properties that change between the state and the inputs, and those of them that
// need a new resource.
func (t resourceType) diff(state, inputs resource.PropertyMap, now time.Time) (changed, replacing []string, err error) {
	planned := t.plan(state, inputs)
	due := false
	if t.renews {
		if due, err = renewalDue(planned, now); err != nil {
			return nil, nil, err
		}
	}
	for _, p := range t.properties {
		key := resource.PropertyKey(p.name)
		renewing := due && p.name == readyForRenewalKey
		if !renewing && !differs(state, planned, key) {
			continue
		}
		changed = append(changed, p.name)
		if renewing || !p.updates {
			replacing = append(replacing, p.name)
		}
	}
	if len(changed) > 0 && t.recomputes {
		changed = append(changed, idKey)
		for _, p := range t.properties {
			if p.computed {
				changed = append(changed, p.name)
			}
		}
	}
	return changed, replacing, nil
}

func differs(state, planned resource.PropertyMap, key resource.PropertyKey) bool {
	before, had := state[key]
	after, has := planned[key]
	return had != has || after.ContainsUnknowns() || (has && !before.DeepEquals(after))
}

// renewalDue tells whether a certificate has ended or is so near its end that it may be renewed: an end time
// less earlyRenewalHours that is not in the future.
func renewalDue(certificate resource.PropertyMap, now time.Time) (bool, error) {
	end := text(certificate, validityEndTimeKey)
	if end == "" {
		return false, nil
	}
	ends, err := time.Parse(time.RFC3339, end)
	if err != nil {
		return false, fmt.Errorf("Failed to parse data from string: %s: %w", end, err)
	}
	early := time.Duration(number(certificate, earlyRenewalHoursKey)) * time.Hour
	return !ends.Add(-early).After(now), nil
}

// unknown stands for a value that is known only after the resource is made.
var unknown = resource.MakeComputed(resource.NewProperty(""))
