import {
  configuredRule,
  resourceRule,
  stackRule,
  type Deployed,
  type Finding,
  type ResourceRule,
  type Rule,
  type StackRule,
} from "./rule";
import { fields, texts } from "./structured-files";
import { reasonOf } from "./undecided";

const privateKey = "tls:index/privateKey:PrivateKey";
const certRequest = "tls:index/certRequest:CertRequest";
const signedCertificate = "tls:index/locallySignedCert:LocallySignedCert";
const selfSignedCertificate = "tls:index/selfSignedCert:SelfSignedCert";
const certificates = [signedCertificate, selfSignedCertificate];

const lifetime = configuredRule(
  certificates,
  {
    id: "certificates-lifetime",
    rule: "certificates end: leaves after a year at most, authorities after ten",
    why: "a key that leaks is good until then, because Kubernetes reads no revocation lists",
    source: "kubernetes/kubernetes#18982; CA/Browser Forum baseline requirements, 6.3.2",
    fix: "set a shorter lifetime; `up` renews in time",
  },
  {
    maxLeafHours: { description: "Longest lifetime of a leaf, in hours.", default: 8760 },
    maxAuthorityHours: { description: "Longest lifetime of an authority, in hours.", default: 87600 },
  },
  ({ props }, { maxLeafHours, maxAuthorityHours }) => {
    const hours = Number(props["validityPeriodHours"]);
    const longest = props["isCaCertificate"] === true ? maxAuthorityHours : maxLeafHours;
    return hours <= longest ? [] : [{ what: `it lives ${hours} hours, and ${longest} are allowed` }];
  },
);

const keyStrength = configuredRule(
  [privateKey],
  {
    id: "certificates-key-strength",
    rule: "keys are ED25519, ECDSA on P-256 or larger, or RSA with 3072 bits or more",
    why: "shorter ones are within reach of who records today and computes tomorrow",
    source: "NIST SP 800-57 part 1, table 2: 128 bits of security",
    fix: "set algorithm ECDSA and ecdsaCurve P256 (the provider's default curve is P224)",
  },
  { minRsaBits: { description: "Shortest RSA key, in bits.", default: 3072 } },
  ({ props }, { minRsaBits }) => {
    const algorithm: unknown = props["algorithm"];
    if (algorithm === "ED25519") return [];
    if (algorithm === "ECDSA") {
      const curve: unknown = props["ecdsaCurve"] ?? "P224";
      return curve === "P224" ? [{ what: "it is ECDSA on P224" }] : [];
    }
    const bits = Number(props["rsaBits"] ?? 2048);
    return bits >= minRsaBits ? [] : [{ what: `it is RSA with ${bits} bits` }];
  },
);

const purposes = ["server_auth", "client_auth"];
const signing = ["cert_signing", "crl_signing"];

const usages: ResourceRule = resourceRule(
  certificates,
  {
    id: "certificates-usages",
    rule: "an authority signs certificates and nothing else, a leaf serves or is a client and signs none",
    why: "a leaf that may sign is an authority of its own; an authority that serves shows its key to the network",
    source: "RFC 5280, 4.2.1.3 and 4.2.1.12",
    fix: "list cert_signing and crl_signing for authorities, digital_signature with server_auth or client_auth for leaves",
  },
  ({ props }) => {
    const uses = texts(props["allowedUses"]);
    const authority = props["isCaCertificate"] === true;
    const wrong = uses.filter((use) =>
      (authority ? [...purposes, "any_extended"] : [...signing, "any_extended"]).includes(use),
    );
    const needed = authority ? ["cert_signing"] : purposes;
    const missing = needed.some((use) => uses.includes(use))
      ? []
      : [{ what: `it lacks ${needed.join(" or ")}` }];
    return [
      ...wrong.map((use) => ({ what: `${authority ? "an authority" : "a leaf"} has the usage ${use}` })),
      ...missing,
    ];
  },
);

const wideNames: ResourceRule = resourceRule(
  [certRequest, selfSignedCertificate],
  {
    id: "certificates-wide-names",
    rule: "certificates name hosts one by one: no wildcard and no unspecified address",
    why: "who steals one may be every server of the domain",
    source: "RFC 6125, 7.2",
    fix: "list the names and addresses under which clients reach this server",
  },
  ({ props }) => {
    const names = [...texts(props["dnsNames"]), ...texts(props["ipAddresses"])];
    const wide = names.filter((name) => name.includes("*") || ["0.0.0.0", "::"].includes(name));
    return wide.map((name) => ({ what: `it is for ${name}` }));
  },
);

/** A leaf certificate with what its request says. */
interface Leaf {
  readonly certificate: Deployed;
  readonly request: Deployed;
  readonly commonName: string;
  readonly organization: unknown;
  readonly uses: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

function leafOf(certificate: Deployed, request: Deployed): Leaf {
  const subject = fields(request.inputs["subject"]);
  return {
    certificate,
    request,
    commonName: String(subject["commonName"]),
    organization: subject["organization"],
    uses: texts(certificate.inputs["allowedUses"]),
    dnsNames: texts(request.inputs["dnsNames"]),
    ipAddresses: texts(request.inputs["ipAddresses"]),
  };
}

/** Certificates whose request is in the stack, and those whose is not. */
function leaves(resources: readonly Deployed[]): { known: Leaf[]; strangers: Deployed[] } {
  const requests = new Map(
    resources.filter(({ type }) => type === certRequest).map((item) => [item.urn, item]),
  );
  const known: Leaf[] = [];
  const strangers: Deployed[] = [];
  for (const certificate of resources.filter(({ type }) => type === signedCertificate)) {
    const request = (certificate.sources["certRequestPem"] ?? [])
      .map((urn) => requests.get(urn))
      .find((item) => item !== undefined);
    if (request === undefined) strangers.push(certificate);
    else known.push(leafOf(certificate, request));
  }
  // One that signs its own needs no request.
  for (const item of resources.filter(({ type }) => type === selfSignedCertificate))
    known.push(leafOf(item, item));
  return { known, strangers };
}

const serverNames: StackRule = stackRule(
  {
    id: "certificates-server-names",
    rule: "a server's certificate carries the names and addresses that it is known by",
    why: "clients look at subject alternative names only; without them somebody turns verification off",
    source: "RFC 6125, 6.4.4; Go 1.15 release notes, crypto/x509",
    fix: "set dnsNames or ipAddresses in the request",
  },
  (resources) => {
    const { known, strangers } = leaves(resources);
    return [
      ...known
        .filter(
          (leaf) => leaf.uses.includes("server_auth") && leaf.dnsNames.length + leaf.ipAddresses.length === 0,
        )
        .map(({ certificate }) => ({ urn: certificate.urn, what: "it has no subject alternative name" })),
      ...strangers.map(({ urn }) => ({
        urn,
        what: "its request is not of this stack",
        undecided: true as const,
      })),
    ];
  },
);

/** What tells keys apart: where they come from, else their text. */
function keysOf({ sources, inputs }: Deployed): readonly string[] {
  const from = sources["privateKeyPem"] ?? [];
  if (from.length > 0) return from;
  const text: unknown = inputs["privateKeyPem"];
  return typeof text === "string" ? [text] : [];
}

/**
 * Requests of cross-certificates (RFC 5280, 3.2): one authority under one name and key, vouched for by another. That is no second
 * identity.
 */
function crossRequests(resources: readonly Deployed[]): ReadonlySet<Deployed> {
  const authorities = resources.filter(
    ({ type, inputs }) => type === selfSignedCertificate && inputs["isCaCertificate"] === true,
  );
  const identityOf = (holder: Deployed): string =>
    JSON.stringify([keysOf(holder), fields(holder.inputs["subject"])]);
  const identities = new Set(authorities.map(identityOf));
  const signedAuthorities = resources.filter(
    ({ type, inputs }) => type === signedCertificate && inputs["isCaCertificate"] === true,
  );
  const urns = new Set(signedAuthorities.flatMap(({ sources }) => sources["certRequestPem"] ?? []));
  const requests = resources.filter(({ type, urn }) => type === certRequest && urns.has(urn));
  return new Set(requests.filter((request) => identities.has(identityOf(request))));
}

const sharedKey: StackRule = stackRule(
  {
    id: "certificates-shared-key",
    rule: "every certificate has a key of its own",
    why: "who steals one key is two identities, and neither can be withdrawn alone",
    source: "kubernetes.io/docs/setup/best-practices/certificates",
    fix: "make a tls.PrivateKey for each request",
  },
  (resources) => {
    const findings: Finding[] = [];
    const firstHolder = new Map<string, string>();
    const crosses = crossRequests(resources);
    const holders = resources.filter(({ type }) => type === certRequest || type === selfSignedCertificate);
    for (const holder of holders.filter((item) => !crosses.has(item))) {
      try {
        for (const key of keysOf(holder)) {
          const first = firstHolder.get(key);
          if (first === undefined) firstHolder.set(key, holder.name);
          else findings.push({ urn: holder.urn, what: `it shares its key with ${first}` });
        }
      } catch (error) {
        const reason = reasonOf(error);
        if (reason === undefined) throw error;
        findings.push({ urn: holder.urn, what: reason, undecided: true });
      }
    }
    return findings;
  },
);

const nodePrefix = "system:node:";

function judgeNodeLeaf(leaf: Leaf, hosts: ReadonlySet<string>): Finding[] {
  const host = leaf.commonName.slice(nodePrefix.length);
  const { urn } = leaf.certificate;
  if (!hosts.has(host))
    return [{ urn, what: `it is of ${leaf.commonName}, and the stack has no host ${host}` }];
  if (leaf.organization !== "system:nodes")
    return [{ urn, what: `${leaf.commonName} is not in system:nodes` }];
  const named = leaf.dnsNames.includes(host) && leaf.ipAddresses.length > 0;
  return leaf.uses.includes("server_auth") && !named
    ? [{ urn, what: `it does not carry the name ${host} and an address of it` }]
    : [];
}

const kubeletIdentity: StackRule = stackRule(
  {
    id: "certificates-kubelet-host",
    rule: "every kubelet's certificate belongs to a host of the stack, and every host's kubelet has its own",
    why: "a certificate without a host is a node that an attacker may add; a host without one borrows another's",
    source: "kubernetes.io/docs/reference/access-authn-authz/node",
    fix: "name it system:node:HOST in system:nodes, with the host's name and address, one for client and one for server",
  },
  (resources) => {
    const nodes = leaves(resources).known.filter(({ commonName }) => commonName.startsWith(nodePrefix));
    const hosts = resources.filter(({ type }) => type === "redoubt:hosts:HardenedHost");
    const names = new Set(hosts.map(({ name }) => name));
    if (nodes.length > 0 && hosts.length === 0) {
      return [{ what: "the stack declares no HardenedHost to compare with", undecided: true }];
    }
    const lacking =
      nodes.length === 0
        ? []
        : hosts.flatMap((host) =>
            purposes
              .filter(
                (use) =>
                  !nodes.some(
                    (leaf) => leaf.commonName === nodePrefix + host.name && leaf.uses.includes(use),
                  ),
              )
              .map((use) => ({ urn: host.urn, what: `its kubelet has no certificate for ${use}` })),
          );
    return [...nodes.flatMap((leaf) => judgeNodeLeaf(leaf, names)), ...lacking];
  },
);

/** What certificates are, and whose. */
export const certificateRules: readonly Rule[] = [
  lifetime,
  keyStrength,
  usages,
  wideNames,
  serverNames,
  sharedKey,
  kubeletIdentity,
];
