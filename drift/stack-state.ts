import { z } from "zod";
import { manifestOf, secretManifestOf, type ManifestEntry } from "../components/plan/manifest";
import type { HostRole } from "../components/plan/ports";
import { readScript } from "../components/plan/read-script";
import { readSecretScript } from "../components/plan/read-secret-script";
import type { Promised } from "./compare-host";

const hopSchema = z.looseObject({
  host: z.string(),
  port: z.number().optional(),
  user: z.string().optional(),
  privateKey: z.string().optional(),
  hostKey: z.string().optional(),
});
/** How one SSH server is reached. */
export type HopAccess = z.infer<typeof hopSchema>;
const connectionSchema = hopSchema.extend({ proxy: hopSchema.optional() });
/** How a host is reached, as the resources of the command provider have it; through a bastion where there is one. */
export type HostAccess = z.infer<typeof connectionSchema>;

const resourceSchema = z.looseObject({
  urn: z.string(),
  type: z.string(),
  parent: z.string().optional(),
  /** True for what an interrupted replacement has yet to delete. */
  delete: z.boolean().optional(),
  inputs: z.record(z.string(), z.unknown()).optional(),
  outputs: z.record(z.string(), z.unknown()).optional(),
});
type RecordedResource = z.infer<typeof resourceSchema>;
const stateSchema = z.looseObject({
  deployment: z.looseObject({ resources: z.array(resourceSchema).optional() }),
});

const nodeTableSchema = z.array(
  z.looseObject({ name: z.string(), role: z.enum(["control-plane", "worker"]), address: z.string() }),
);

/** A host with all that its scripts promised. */
export interface RecordedHost {
  readonly name: string;
  readonly address: string;
  /** Undefined for a host that is no node of the cluster. */
  readonly role: HostRole | undefined;
  readonly access: HostAccess;
  readonly promised: readonly Promised[];
  /** URNs of what brings it programs and images. Empty where it mounts them, or downloads all of them. */
  readonly deliveries: readonly string[];
}

/** An object of the cluster as Pulumi applied it. */
export interface RecordedObject {
  readonly urn: string;
  /** The whole object as the API server answered then. */
  readonly object: KubernetesObject;
  /** What the program said. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** An object of the Kubernetes API, as far as it is looked at. */
export type KubernetesObject = z.infer<typeof kubernetesObjectSchema>;
export const kubernetesObjectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});

/** What the last `up` left behind. */
export interface StackState {
  readonly hosts: readonly RecordedHost[];
  readonly objects: readonly RecordedObject[];
  /** URNs of the resources of a cloud's account. */
  readonly cloudResources: readonly string[];
  /** Administrator's kubeconfig; secret. Undefined when there is no cluster. */
  readonly kubeconfig: string | undefined;
}

/** How a secret stands in an export with `--show-secrets`. */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** A property with the secrets in it as plain values. */
function reveal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reveal);
  if (typeof value !== "object" || value === null) return value;
  const properties = value as Record<string, unknown>;
  if (properties[signatureKey] === secretSignature) {
    if (typeof properties["plaintext"] !== "string") throw new Error("the state's secrets are hidden");
    return reveal(JSON.parse(properties["plaintext"]));
  }
  return Object.fromEntries(Object.entries(properties).map(([key, inner]) => [key, reveal(inner)]));
}

/** What the script of a command promises; undefined for a command that promises nothing that lasts. */
function promisesOf(stdin: unknown): readonly ManifestEntry[] | undefined {
  if (typeof stdin !== "string") return undefined;
  const plan = readScript(stdin);
  if (plan !== undefined) return manifestOf(plan);
  const secrets = readSecretScript(stdin);
  return secrets === undefined ? undefined : secretManifestOf(secrets);
}

/** What a command on this box needs to know to bring a host files, as far as it says which host. */
const deliverySchema = z.looseObject({
  connection: z.looseObject({ host: z.string() }),
  files: z.array(z.unknown()),
});

/** Address of the host that a command of this box brings files to; undefined for any other command. */
function deliveredTo({ type, inputs }: RecordedResource): string | undefined {
  const stdin = type === "command:local:Command" ? reveal(inputs?.["stdin"]) : undefined;
  if (typeof stdin !== "string" || !stdin.startsWith("{")) return undefined;
  return deliverySchema.safeParse(JSON.parse(stdin)).data?.connection.host;
}

/** What a host is by what was applied to it: one that an `up` added which then failed stands in no output. */
function roleOf(promised: readonly ManifestEntry[]): RecordedHost["role"] {
  const runs = (unit: string): boolean =>
    promised.some((entry) => entry.kind === "unit" && entry.name === unit);
  if (runs("etcd.service") || runs("kube-apiserver.service")) return "control-plane";
  return runs("kubelet.service") ? "worker" : undefined;
}

function recordedHosts(resources: readonly RecordedResource[], nodeTable: unknown): RecordedHost[] {
  const nodes = nodeTableSchema.safeParse(nodeTable).data ?? [];
  const commands = resources.filter(({ type }) => type === "command:remote:Command");
  const hosts = new Map<string, { access: HostAccess; promised: Promised[] }>();
  for (const command of commands) {
    const promises = promisesOf(reveal(command.inputs?.["stdin"]));
    if (promises === undefined) continue;
    const access = connectionSchema.parse(reveal(command.inputs?.["connection"]));
    const host = hosts.get(access.host) ?? { access, promised: [] };
    hosts.set(access.host, host);
    // What stands beside the script, as the second login that confirms it, belongs to it.
    const siblings = commands.filter(({ parent }) => parent === command.parent && parent !== undefined);
    const urns = [...new Set([command, ...siblings].map(({ urn }) => urn))];
    host.promised.push(...promises.map((entry) => ({ entry, urns })));
  }
  // The state has them as they were made; nodes come as the configuration names them, others after them.
  const placeOf = (address: string): number => {
    const place = nodes.findIndex((node) => node.address === address);
    return place < 0 ? nodes.length : place;
  };
  const ordered = [...hosts].sort(([left], [right]) => placeOf(left) - placeOf(right));
  return ordered.map(([address, { access, promised }]) => {
    const node = nodes.find((candidate) => candidate.address === address);
    const deliveries = resources
      .filter((resource) => deliveredTo(resource) === address)
      .map(({ urn }) => urn);
    const role = node?.role ?? roleOf(promised.map(({ entry }) => entry));
    return { name: node?.name ?? address, address, role, access, promised, deliveries };
  });
}

/**
 * An object as Kubernetes names its fields: where a name has dashes the provider's types have underscores
 * (x-kubernetes-preserve-unknown-fields of JSONSchemaProps, apiextensions.k8s.io/v1).
 */
function asKubernetes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asKubernetes);
  if (typeof value !== "object" || value === null) return value;
  const nameOf = (key: string): string => (key.startsWith("x_kubernetes_") ? key.replaceAll("_", "-") : key);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [nameOf(key), asKubernetes(inner)]));
}

function recordedObjects(resources: readonly RecordedResource[]): RecordedObject[] {
  return resources.flatMap(({ urn, type, inputs, outputs }) => {
    if (!type.startsWith("kubernetes:")) return [];
    const object = kubernetesObjectSchema.safeParse(asKubernetes(reveal(outputs)));
    if (!object.success) return [];
    // Fields of the provider's own lie among those of the object.
    const fields = Object.entries(object.data).filter(([field]) => !field.startsWith("__"));
    return [
      {
        urn,
        object: kubernetesObjectSchema.parse(Object.fromEntries(fields)),
        inputs: asKubernetes(reveal(inputs ?? {})) as Record<string, unknown>,
      },
    ];
  });
}

/**
 * Reads what `pulumi stack export --show-secrets` printed.
 *
 * @throws when it is no such export, or a script in it can't be read.
 */
export function readStackState(exported: string): StackState {
  const { deployment } = stateSchema.parse(JSON.parse(exported));
  const resources = (deployment.resources ?? []).filter((resource) => resource.delete !== true);
  const stack = resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  const provider = resources.find(({ type }) => type === "pulumi:providers:kubernetes");
  const kubeconfig = reveal(provider?.inputs?.["kubeconfig"]);
  return {
    hosts: recordedHosts(resources, reveal(stack?.outputs?.["nodeTable"])),
    objects: recordedObjects(resources),
    cloudResources: resources.filter(({ type }) => type.startsWith("aws:")).map(({ urn }) => urn),
    kubeconfig: typeof kubeconfig === "string" ? kubeconfig : undefined,
  };
}
