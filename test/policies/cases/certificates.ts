import { unknown, type TestResource } from "../judge";
import { inputCases, type CaseTable } from "./cases";

const signed = "tls:index/locallySignedCert:LocallySignedCert";
const request = "tls:index/certRequest:CertRequest";
const leaf = { allowedUses: ["digital_signature", "server_auth"], validityPeriodHours: 8760 };
const authority = {
  allowedUses: ["cert_signing", "crl_signing"],
  isCaCertificate: true,
  validityPeriodHours: 87600,
};

const key = (name: string): TestResource => ({
  type: "tls:index/privateKey:PrivateKey",
  name,
  inputs: { algorithm: "ECDSA", ecdsaCurve: "P256" },
});

/** A key, a request and a certificate that belong together. */
function chain(
  name: string,
  subject: object,
  allowedUses: unknown,
  keyName = `${name}-key`,
): readonly TestResource[] {
  return [
    { type: request, name: `${name}-request`, inputs: { ...subject }, sources: { privateKeyPem: [keyName] } },
    {
      type: signed,
      name: `${name}-certificate`,
      inputs: { ...leaf, allowedUses },
      sources: { certRequestPem: [`${name}-request`] },
    },
  ];
}

const server = ["digital_signature", "server_auth"];
const client = ["digital_signature", "client_auth"];

const host = (name: string): TestResource => ({ type: "redoubt:hosts:HardenedHost", name, inputs: {} });
const node = (name: string): object => ({ commonName: `system:node:${name}`, organization: "system:nodes" });
const names = (name: string): object => ({ dnsNames: [name], ipAddresses: ["10.77.5.32"] });

function kubelet(of: string, named: object = names(of), subject: object = node(of)): readonly TestResource[] {
  return [
    ...chain(`kubelet-client-${of}`, { subject }, client),
    ...chain(`kubelet-server-${of}`, { subject, ...named }, server),
  ];
}

/** An authority, and another certificate of the same, signed by somebody else. */
function crossSigned(crossSubject: string, crossUse: TestResource["inputs"]): readonly TestResource[] {
  const subject = (commonName: string): TestResource["inputs"] => ({ subject: { commonName } });
  return [
    key("ca-key"),
    {
      type: "tls:index/selfSignedCert:SelfSignedCert",
      name: "ca-certificate",
      inputs: { ...authority, ...subject("ca") },
      sources: { privateKeyPem: ["ca-key"] },
    },
    {
      type: request,
      name: "cross-request",
      inputs: subject(crossSubject),
      sources: { privateKeyPem: ["ca-key"] },
    },
    { type: signed, name: "cross", inputs: crossUse, sources: { certRequestPem: ["cross-request"] } },
  ];
}

/** Rules on certificates and keys. */
export const certificateTable: CaseTable = {
  "certificates-lifetime": inputCases(signed, {
    good: { ...leaf, validityPeriodHours: 24 },
    nearGood: leaf,
    nearBad: { ...leaf, validityPeriodHours: 8761 },
    bad: { ...leaf, validityPeriodHours: 87600 },
    unknown: { ...leaf, validityPeriodHours: unknown },
  }),
  "certificates-key-strength": inputCases("tls:index/privateKey:PrivateKey", {
    good: { algorithm: "ECDSA", ecdsaCurve: "P256" },
    nearGood: { algorithm: "RSA", rsaBits: 3072 },
    // The provider's default curve.
    nearBad: { algorithm: "ECDSA" },
    bad: { algorithm: "RSA", rsaBits: 2048 },
    unknown: { algorithm: unknown },
  }),
  "certificates-usages": inputCases(signed, {
    good: leaf,
    nearGood: authority,
    nearBad: { ...authority, allowedUses: [...authority.allowedUses, "server_auth"] },
    bad: { ...leaf, allowedUses: ["server_auth", "cert_signing"] },
    unknown: { ...leaf, allowedUses: unknown },
  }),
  "certificates-wide-names": inputCases(request, {
    good: { dnsNames: ["api.example.org"], ipAddresses: ["10.0.0.1"] },
    nearGood: { dnsNames: ["star.example.org"], ipAddresses: ["10.0.0.0"] },
    nearBad: { dnsNames: ["api.example.org"], ipAddresses: ["0.0.0.0"] },
    bad: { dnsNames: ["*.example.org"] },
    unknown: { dnsNames: unknown },
  }),
  "certificates-server-names": {
    good: chain("web", { subject: { commonName: "web" }, dnsNames: ["web"] }, server),
    nearGood: chain("person", { subject: { commonName: "alice" } }, client),
    nearBad: chain("web", { subject: { commonName: "web" }, dnsNames: [], ipAddresses: [] }, server),
    bad: chain("web", { subject: { commonName: "web" } }, server),
    unknown: chain("web", { subject: { commonName: "web" }, dnsNames: unknown }, server),
  },
  "certificates-shared-key": {
    good: [key("a-key"), key("b-key"), ...chain("a", {}, client), ...chain("b", {}, client)],
    // Keys that are the same by their settings are two keys all the same.
    // An authority that another one vouches for too is one authority.
    nearGood: [
      ...[key("a-key"), key("b-key"), ...chain("a", {}, server), ...chain("b", {}, client)],
      ...crossSigned("ca", authority),
    ],
    // Neither is a leaf with the authority's name and key, nor an authority with its key and another name.
    nearBad: [...crossSigned("ca", leaf), ...crossSigned("other", authority)],
    bad: [
      key("k"),
      ...chain("a", {}, client, "k"),
      ...chain("b", {}, client, "k"),
      ...chain("c", {}, client, "k"),
    ],
    // Who a key belongs to is known before the key is; what has no source can't be told.
    unknown: [{ type: request, name: "stranger", inputs: { privateKeyPem: unknown } }],
  },
  "certificates-kubelet-host": {
    good: [host("worker-0"), ...kubelet("worker-0")],
    nearGood: [
      host("worker-0"),
      ...kubelet("worker-0", { dnsNames: ["other", "worker-0"], ipAddresses: ["10.77.5.32"] }),
    ],
    nearBad: [host("worker-0"), ...kubelet("worker-0", names("worker-1"))],
    bad: [host("worker-0"), host("worker-1"), ...kubelet("worker-0"), ...kubelet("worker-9")],
    unknown: [host("worker-0"), ...kubelet("worker-0", { dnsNames: unknown })],
  },
};
