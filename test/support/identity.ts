import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { readScript } from "../../components/plan/read-script";
import { unitFlags } from "../../report/unit-file";
import type { RecordedResource, Recording } from "./mocks";

/**
 * What a resource is known by across versions of the program: its URN without stack and project, and the inputs whose change
 * makes the engine replace it.
 */
export interface Identity {
  /** `PARENT-TYPE$…$TYPE::NAME`. */
  readonly urn: string;
  /** Inputs whose change replaces it; empty where none does. */
  readonly replacedBy: Readonly<Record<string, unknown>>;
  /** URNs that its aliases claim. */
  readonly aliases: readonly string[];
}

/** Inputs that replace a resource, by type. Keys and what is made from them differ on every run of the mocks, so they are left out. */
const replacingInputs: Readonly<Record<string, readonly string[]>> = {
  "tls:index/privateKey:PrivateKey": ["algorithm", "ecdsaCurve", "rsaBits"],
  "tls:index/selfSignedCert:SelfSignedCert": [
    ...[
      "allowedUses",
      "isCaCertificate",
      "setSubjectKeyId",
      "setAuthorityKeyId",
      "subject",
      "validityPeriodHours",
    ],
    ...["dnsNames", "ipAddresses", "uris"],
  ],
};

/** Where a resource stands in the tree: types from the outermost parent to itself, and its name. */
interface Place {
  readonly types: string;
  readonly name: string;
}

const urnOf = ({ types, name }: Place): string => `${types}::${name}`;

function objectName(inputs: RecordedResource["inputs"]): Record<string, unknown> {
  const metadata = z.looseObject({ name: z.string().optional(), namespace: z.string().optional() });
  const { name, namespace } = metadata.parse(inputs["metadata"] ?? {});
  return { ...(name === undefined ? {} : { name }), ...(namespace === undefined ? {} : { namespace }) };
}

function replacedBy({ type, inputs }: RecordedResource): Record<string, unknown> {
  if (type.startsWith("kubernetes:")) return objectName(inputs);
  if (type === "command:local:Command") {
    const triggers = z.array(z.unknown()).parse(inputs["triggers"] ?? []);
    // Fingerprints follow from keys, which have an identity of their own.
    return { triggers: triggers.filter((item) => !String(item).startsWith("SHA256:")) };
  }
  const keys = (replacingInputs[type] ?? []).filter((key) => inputs[key] !== undefined);
  return Object.fromEntries(keys.map((key) => [key, inputs[key]]));
}

/** Every place that a resource has or had: its own, those of its aliases, and those that follow from its parents' aliases. */
function placesOf(resource: RecordedResource, byKey: ReadonlyMap<string, RecordedResource>): Place[] {
  const { parent, type, name, opts } = resource;
  const above = parent === undefined ? undefined : byKey.get(`${parent.type} ${parent.name}`);
  const inherited = (above === undefined ? [] : placesOf(above, byKey)).map((place): Place => {
    const isNamedAfter = above !== undefined && name.startsWith(above.name);
    return {
      types: `${place.types}$${type}`,
      // As the SDK does: a child that is named after its parent was named after the parent's old name.
      name: isNamedAfter ? `${place.name}${name.slice(above.name.length)}` : name,
    };
  });
  const own = above === undefined ? [{ types: type, name }] : inherited;
  return [...own, ...(opts.aliases ?? []).flatMap((alias) => aliasPlaces(alias, resource, own, byKey))];
}

function aliasPlaces(
  alias: pulumi.Input<pulumi.URN | pulumi.Alias>,
  resource: RecordedResource,
  own: readonly Place[],
  byKey: ReadonlyMap<string, RecordedResource>,
): Place[] {
  if (typeof alias === "string") {
    const [, types = "", name = ""] = /^urn:pulumi:[^:]*::[^:]*::(.*?)::(.*)$/.exec(alias) ?? [];
    return [{ types, name }];
  }
  if (pulumi.Output.isInstance(alias) || alias instanceof Promise) {
    throw new Error(`${resource.name}: an alias must be plain, or no test can read it`);
  }
  const {
    name = resource.name,
    type = resource.type,
    parent,
  } = alias as { name?: string; type?: string; parent?: unknown };
  if (!("parent" in alias)) {
    return own.map((place) => ({ types: [...place.types.split("$").slice(0, -1), type].join("$"), name }));
  }
  if (parent === pulumi.rootStackResource || parent === undefined) return [{ types: type, name }];
  const found = [...byKey.values()].find((candidate) => candidate.resource === parent);
  if (found === undefined)
    throw new Error(`${resource.name}: the parent of an alias is no resource of this program`);
  return placesOf(found, byKey).map((place) => ({ types: `${place.types}$${type}`, name }));
}

/** What etcd finds its data by: a member that starts with another folder starts empty. */
function etcdData(resources: readonly RecordedResource[]): Identity[] {
  return resources.flatMap(({ type, name, inputs }) => {
    const stdin = inputs["stdin"];
    if (type !== "command:remote:Command" || typeof stdin !== "string") return [];
    const unit = readScript(stdin)?.files.find(({ path }) => path.endsWith("/etcd.service"));
    if (unit === undefined) return [];
    const flags = unitFlags(unit.content);
    const folder = flags.get("--data-dir");
    return [
      { urn: `etcd data::${name.replace(/-apply$/, "")}`, replacedBy: { "data-dir": folder }, aliases: [] },
    ];
  });
}

/** The identities of a recorded program, sorted by URN. */
export function identitiesOf(recording: Recording<unknown>): Identity[] {
  const { resources } = recording;
  const byKey = new Map(resources.map((resource) => [`${resource.type} ${resource.name}`, resource]));
  const identities = resources.map((resource): Identity => {
    const [own, ...others] = placesOf(resource, byKey).map(urnOf);
    return { urn: own ?? "", replacedBy: replacedBy(resource), aliases: others };
  });
  return [...identities, ...etcdData(resources)].sort((left, right) => (left.urn < right.urn ? -1 : 1));
}

/** One explained change of identity, as `explained.yaml` lists them. */
export const explanationSchema = z.strictObject({
  /** The URN as the last landed version has it. */
  urn: z.string(),
  /** Why its replacement or removal is meant. */
  reason: z.string().min(20),
  /** What an operator must do, or know, before `up`; it belongs into the notes of the release as well. */
  operator: z.string().min(20),
});

/** One entry of `explained.yaml`. */
export type Explanation = z.infer<typeof explanationSchema>;

/** What a landed version is remembered by. */
export type LandedIdentity = Pick<Identity, "urn" | "replacedBy">;

/**
 * What the engine would replace or remove when a program takes over the state of another.
 *
 * @returns a sentence for each that neither an alias nor an explanation covers; and for each explanation that covers nothing.
 */
export function identityProblems(
  landed: readonly LandedIdentity[],
  current: readonly Identity[],
  explained: readonly Explanation[],
): string[] {
  const known = new Map(
    current.flatMap((identity) => [identity.urn, ...identity.aliases].map((urn) => [urn, identity])),
  );
  const isExplained = (urn: string): boolean => explained.some((entry) => entry.urn === urn);
  const broken = landed.flatMap(({ urn, replacedBy: before }) => {
    const now = known.get(urn);
    if (now === undefined)
      return [{ urn, problem: `${urn} would be deleted: nothing has its name, and no alias claims it` }];
    if (isDeepStrictEqual(now.replacedBy, before)) return [];
    const change = `${JSON.stringify(before)} → ${JSON.stringify(now.replacedBy)}`;
    return [{ urn, problem: `${urn} would be replaced: ${change}` }];
  });
  const stale = explained.filter(({ urn }) => !broken.some((item) => item.urn === urn));
  return [
    ...broken.filter(({ urn }) => !isExplained(urn)).map(({ problem }) => problem),
    ...stale.map(({ urn }) => `explained.yaml explains ${urn}, but it keeps its identity`),
  ];
}

/** Resources whose replacement costs data, a host, or everybody's trust. */
export function isPrecious({ urn }: LandedIdentity): boolean {
  return (
    urn.startsWith("etcd data::") ||
    /redoubt:hosts:.*\$command:local:Command::/.test(urn) ||
    urn.includes("redoubt:pki:CertificateAuthority$") ||
    /::pki-(?:encryption|service-account)-key$/.test(urn)
  );
}
