import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { listedHost } from "./hosts-block";
import { pendingOperation, type PendingOperation } from "./pending-creations";
import { run } from "./shell";
import { projectFolder, stateFile } from "./stack";

/** Outputs that commands look at; a stack that was never up has none. */
const outputsSchema = z.looseObject({
  /** Version that runs. */
  kubernetesVersion: z.string().optional(),
  /** What no `up` may change. */
  fixedSettings: z
    .object({
      clusterName: z.string(),
      podCidr: z.string(),
      serviceClusterIpRange: z.string(),
      clusterDomain: z.string(),
    })
    .optional(),
  /** What no `up` may change of hosts. */
  fixedHosts: z.record(z.string(), z.string()).optional(),
  /** Every node. */
  nodeTable: z.array(listedHost).optional(),
  /** Who issues tokens of service accounts. */
  serviceAccountIssuer: z.looseObject({ issuer: z.string() }).optional(),
  /** Keys of service account tokens in use. */
  serviceAccountKeys: z.object({ signingKey: z.number(), acceptedKeys: z.array(z.number()) }).optional(),
  /** Generations of the keys that etcd's secrets are encrypted with; not there before the first rotation. */
  encryptionKeys: z.object({ encrypting: z.number(), decrypting: z.array(z.number()) }).optional(),
  /** Generations of the stack's SSH keys in use; not there before the first rotation. */
  stackKeys: z.object({ connecting: z.number(), authorized: z.array(z.number()) }).optional(),
  /** Generations of the authorities in use; not there before the first rotation. */
  authorities: z.object({ issuing: z.number(), trusted: z.array(z.number()) }).optional(),
  /** Certificate → notAfter (RFC 3339). */
  certificateExpiry: z.record(z.string(), z.string()).optional(),
});
/** Outputs that commands look at, those that the stack has. */
export type StackOutputs = z.infer<typeof outputsSchema>;

const resourceSchema = z.looseObject({
  urn: z.string(),
  type: z.string(),
  inputs: z.record(z.string(), z.unknown()).optional(),
  outputs: z.unknown().optional(),
});
/** A resource as a state holds it, secrets encrypted. */
export type StateResource = z.infer<typeof resourceSchema>;

/** What a state holds, in a file of a backend as in an export. */
const snapshotSchema = z.looseObject({
  resources: z.array(resourceSchema).default([]),
  pending_operations: z.array(pendingOperation).default([]),
});
type Snapshot = z.infer<typeof snapshotSchema>;

const stateSchema = z.looseObject({ checkpoint: z.looseObject({ latest: snapshotSchema.nullish() }) });

const exportSchema = z.looseObject({ deployment: snapshotSchema.nullish() });

const nothing: Snapshot = { resources: [], pending_operations: [] };

function snapshotIn(file: string): Snapshot {
  if (!existsSync(file)) return nothing;
  return stateSchema.parse(JSON.parse(readFileSync(file, "utf8"))).checkpoint.latest ?? nothing;
}

function outputsOf(resources: readonly StateResource[]): unknown {
  return resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
}

/** What a state holds. */
export interface StackState {
  /** As they were after the last `up` that ended well; secrets stay hidden. */
  readonly outputs: StackOutputs;
  /** As they are now. */
  readonly resources: readonly StateResource[];
  /** What the engine has begun and not ended; after it was killed, what nobody saw the end of. */
  readonly pending: readonly PendingOperation[];
}

/** The stack's state. */
export async function readState(stack: string, env: NodeJS.ProcessEnv): Promise<StackState> {
  const { resources, pending_operations: pending } = await readSnapshot(stack, env);
  return { resources, pending, outputs: outputsSchema.parse(outputsOf(resources)) };
}

async function readSnapshot(stack: string, env: NodeJS.ProcessEnv): Promise<Snapshot> {
  const file = stateFile(stack, env);
  // Reading the file saves a third of a second on every run; other backends are asked.
  if (file !== undefined) return snapshotIn(file);
  const args = ["stack", "export", "--stack", stack];
  const text = await run("pulumi", args, { cwd: projectFolder, env, stdout: "capture" });
  return exportSchema.parse(JSON.parse(text)).deployment ?? nothing;
}

/** Whether a state on this box holds no resource: the stack was never up, or was destroyed. False for states elsewhere. */
export function isStateEmpty(
  stack: string,
  env: NodeJS.ProcessEnv,
  { resources }: Pick<StackState, "resources">,
): boolean {
  return stateFile(stack, env) !== undefined && resources.length === 0;
}

/** The outputs of {@link readState}. */
export async function stackOutputs(stack: string, env: NodeJS.ProcessEnv): Promise<StackOutputs> {
  return (await readState(stack, env)).outputs;
}
