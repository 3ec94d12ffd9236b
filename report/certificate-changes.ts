import { leafProfiles } from "../components/pki/profiles";
import type { Change, FieldChange } from "./change";
import { fieldChanges, shown } from "./fields";
import { hostOf, type ReportedHost } from "./hosts";
import { worstImpact, type Impact } from "./impact";
import type { Operation, Step } from "./preview";
import { restartImpact } from "./unit-impact";
import { parseUrn, type Urn } from "./urn";

const leafType = "redoubt:pki:LeafCertificate";
const authorityType = "redoubt:pki:CertificateAuthority";
const crossType = "redoubt:pki:CrossCertificate";
/** What holds the authority and the leaf of one person. */
const personType = "redoubt:access:UserCertificate";

/** Keys that are no certificate's, by the end of their name; later generations of a key have a number. */
const soleKeys: readonly (readonly [RegExp, Impact])[] = [
  [
    /-encryption-key(-\d+)?$/,
    { class: "data-loss", reason: "what etcd holds encrypted with the old key can't be read with a new one" },
  ],
  [
    /-service-account-key(-\d+)?$/,
    { class: "drain", reason: "tokens that pods hold were signed with the old key and are refused" },
  ],
];

/** Units that read a leaf certificate, from the table that gives them it; undefined when the table has no such leaf. */
function readersOf(leaf: string, host: ReportedHost): readonly string[] | undefined {
  const profiles = leafProfiles({
    hosts: [{ name: host.name, role: host.role ?? "control-plane", address: "192.0.2.1" }],
    clusterDomain: "cluster.local",
    kubernetesServiceAddress: "192.0.2.2",
    endpoint: "192.0.2.1",
    subjectAltNames: [],
  });
  const delivery = profiles.find(({ name }) => leaf.endsWith(name))?.delivery;
  if (delivery === undefined) return undefined;
  return delivery.form === "output" ? [] : delivery.restart;
}

/** What stands in a certificate can't be updated, only how long before its end it is issued anew. */
const unchanged: Impact = { class: "none", reason: "it stays; only its renewal comes at another time" };

/** @param units Those that read it; undefined when nobody knows. */
function leafImpact(operation: Operation, units: readonly string[] | undefined): Impact {
  if (operation === "create") return { class: "none", reason: "it is made for the first time" };
  if (operation === "delete")
    return { class: "none", reason: "it is forgotten; it stays good until it expires" };
  if (operation === "update") return unchanged;
  if (units === undefined)
    return { class: "restart-kubelet", reason: "who reads it is not known to this report" };
  return worstImpact(units.map(restartImpact), {
    class: "none",
    reason: "nothing that runs reads it; who uses it fetches the new one",
  });
}

/** A name of several resources' common part, as `pki-admin` of `pki-admin-key`. */
const baseName = (name: string): string => name.replace(/-(key|request|certificate)$/, "");

/** What tells of a certificate rather than of how it is made. */
const shownInputs = [
  ...["subject", "dnsNames", "ipAddresses", "uris", "allowedUses", "validityPeriodHours", "isCaCertificate"],
  ...["algorithm", "ecdsaCurve", "rsaBits"],
];

function shownPart(inputs: Step["oldInputs"]): Record<string, unknown> | undefined {
  if (inputs === undefined) return undefined;
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => shownInputs.includes(key)));
}

/** The operation that says most of those of a certificate's key, request and certificate. */
function joinedOperation(steps: readonly Step[]): Change["operation"] {
  const found = new Set(steps.map(({ operation }) => operation));
  if (found.size === 1 && found.has("create")) return "create";
  if (found.size === 1 && found.has("delete")) return "delete";
  return found.has("replace") || found.has("create") || found.has("delete") ? "replace" : "update";
}

/** Why a certificate is issued anew of which nothing changes: nobody who reads the change asked for it. */
function renewal({ operation, changedPaths, oldOutputs }: Step): FieldChange[] {
  if (operation !== "replace" || !changedPaths.includes("readyForRenewal")) return [];
  const after = "issued anew with the same key, because it ends soon";
  return [{ path: "validityEndTime", before: shown(oldOutputs?.["validityEndTime"]), after }];
}

/** What a reader sees change of a certificate. */
function shownFields(operation: Operation, steps: readonly Step[]): FieldChange[] {
  if (operation === "create" || operation === "delete") return [];
  return steps.flatMap((step) => [
    ...fieldChanges(shownPart(step.oldInputs), shownPart(step.newInputs)),
    ...renewal(step),
  ]);
}

function leafChange(leaf: string, steps: readonly Step[], hosts: readonly ReportedHost[]): Change {
  const host = hostOf(leaf, hosts);
  const operation = joinedOperation(steps);
  return {
    place: host?.name ?? "certificates",
    title: `certificate ${leaf}`,
    operation,
    impact: leafImpact(operation, host === undefined ? [] : readersOf(leaf, host)),
    fields: shownFields(operation, steps),
  };
}

function personLeafChange(leaf: string, steps: readonly Step[]): Change {
  const operation = joinedOperation(steps);
  return {
    place: "certificates",
    title: `certificate ${leaf}`,
    operation,
    impact: personLeafImpact(operation),
    fields: shownFields(operation, steps),
  };
}

/** Whether what was issued by the authority is refused from now on. */
function isKeyLost(steps: readonly Step[]): boolean {
  return steps.some(
    ({ urn, operation }) =>
      parseUrn(urn).name.endsWith("-key") && (operation === "replace" || operation === "delete"),
  );
}

/** API servers read the list of authorities that they let in again when it changes (`pki/host-files.ts`). */
function personAuthorityImpact(name: string, operation: Operation, steps: readonly Step[]): Impact {
  if (operation === "create") return { class: "none", reason: "it is made for the first time" };
  if (operation === "update") return unchanged;
  const person = name.replace(/^user-/, "").replace(/-authority$/, "");
  const reading = "API servers read the list of authorities again, without a restart";
  return isKeyLost(steps)
    ? { class: "reload", reason: `certificates of ${person} are refused from then on: ${reading}` }
    : { class: "reload", reason: `its certificate is made anew with the same key: ${reading}` };
}

function personLeafImpact(operation: Operation): Impact {
  if (operation !== "delete") return leafImpact(operation, []);
  return { class: "none", reason: "it is forgotten, and refused when its authority goes" };
}

/** @param leavesStay Whether no leaf changes in the same run. */
function authorityImpact(operation: Operation, steps: readonly Step[], leavesStay: boolean): Impact {
  if (operation === "create") return { class: "none", reason: "it is made for the first time" };
  if (operation === "delete" && leavesStay) {
    return {
      class: "restart-control-plane",
      reason:
        "it is withdrawn, and nothing that stays was issued by it; everything that trusted it restarts, one host after another. Pods that have run since before the rotation lose the API server",
    };
  }
  if (isKeyLost(steps) || operation === "delete") {
    return {
      class: "data-loss",
      reason:
        "its private key goes for good: every certificate of it is refused until all hosts and people have new ones",
    };
  }
  return {
    class: "restart-control-plane",
    reason:
      "its certificate is made anew with the same key; everything that trusts it restarts, one host after another",
  };
}

function grouped(steps: readonly Step[], parentType: string): Map<string, Step[]> {
  const groups = new Map<string, Step[]>();
  for (const step of steps) {
    const { parentTypes, name, type } = parseUrn(step.urn);
    if (!type.startsWith("tls:") || parentTypes.at(-1) !== parentType) continue;
    groups.set(baseName(name), [...(groups.get(baseName(name)) ?? []), step]);
  }
  return groups;
}

function authorityChange(
  name: string,
  steps: readonly Step[],
  impactOf: (operation: Operation) => Impact,
): Change {
  const operation = joinedOperation(steps);
  return {
    place: "certificates",
    title: `authority ${name}`,
    operation,
    impact: impactOf(operation),
    fields: shownFields(operation, steps),
  };
}

function crossChange(name: string, steps: readonly Step[]): Change {
  const reason = "API servers show it with their own certificate, to who knows only the older authority";
  return {
    place: "certificates",
    title: `cross-certificate ${name}`,
    operation: joinedOperation(steps),
    impact: { class: "none", reason },
    fields: [],
  };
}

/** Whether it is one that the stack logs in to hosts with: those the provider of hosts makes; later generations have a number. */
function isStackKey({ name, parentTypes }: Urn): boolean {
  return /-admin-key(-\d+)?$/.test(name) && parentTypes.some((type) => type.startsWith("redoubt:hosts:"));
}

function stackKeyImpact(operation: Operation): Impact {
  switch (operation) {
    case "delete":
      return { class: "reload", reason: "no host lets it in any more: who holds it can't log in" };
    case "replace":
      return { class: "data-loss", reason: "no host knows the new one: the stack could not log in any more" };
    default:
      return { class: "none", reason: "hosts are told of it by their authorized keys" };
  }
}

function keyChange({ urn, operation }: Step): Change[] {
  const parsed = parseUrn(urn);
  const { name } = parsed;
  if (operation === "same") return [];
  if (isStackKey(parsed)) {
    const impact = stackKeyImpact(operation);
    return [{ place: "stack", title: `key ${name}`, operation, impact, fields: [] }];
  }
  const known = soleKeys.find(([pattern]) => pattern.test(name))?.[1];
  const isLost = operation === "replace" || operation === "delete";
  const impact: Impact =
    isLost && known !== undefined
      ? known
      : { class: "none", reason: isLost ? "what was made with it is listed by itself" : "a new key" };
  return [{ place: "certificates", title: `key ${name}`, operation, impact, fields: [] }];
}

/** Changes of the ways in that people have: nothing of the cluster depends on them. */
function personChanges(steps: readonly Step[]): Change[] {
  return [
    ...[...grouped(steps, authorityType)].map(([name, members]) =>
      authorityChange(name, members, (operation) => personAuthorityImpact(name, operation, members)),
    ),
    ...[...grouped(steps, leafType)].map(([name, members]) => personLeafChange(name, members)),
  ];
}

/** Changes of keys and certificates: one for each certificate, whatever it is made of. */
export function certificateChanges(all: readonly Step[], hosts: readonly ReportedHost[]): Change[] {
  const isOfPerson = ({ urn }: Step): boolean => parseUrn(urn).parentTypes.includes(personType);
  const steps = all.filter((step) => !isOfPerson(step));
  const leaves = [...grouped(steps, leafType)];
  const authorities = [...grouped(steps, authorityType)];
  const crosses = [...grouped(steps, crossType)];
  const told = new Set([...leaves, ...authorities, ...crosses].flatMap(([, members]) => members));
  const leavesStay = leaves.length === 0;
  return [
    ...authorities.map(([name, members]) =>
      authorityChange(name, members, (operation) => authorityImpact(operation, members, leavesStay)),
    ),
    ...crosses.map(([name, members]) => crossChange(name, members)),
    ...leaves.map(([name, members]) => leafChange(name, members, hosts)),
    ...personChanges(all.filter(isOfPerson)),
    ...steps.filter((step) => isCertificateStep(step) && !told.has(step)).flatMap(keyChange),
  ];
}

/** Whether {@link certificateChanges} tells of the step. */
export function isCertificateStep(step: Step): boolean {
  return parseUrn(step.urn).type.startsWith("tls:");
}
