import { z } from "zod";
import type { KeysInUse } from "../components/config/authentication-checks";
import { firstStackKey, type StackKeyOptions } from "../components/hosts/stack-key-generations";
import type { AuthorityGenerations } from "../components/pki/authority-generations";
import type { EncryptionKeyOptions } from "../components/pki/encryption-generations";
import type { StateResource } from "./stack-outputs";

const pkiInputs = z.looseObject({
  authorities: z.object({ issuing: z.number(), trusted: z.array(z.number()) }).optional(),
  serviceAccountKeys: z.object({ signingKey: z.number(), acceptedKeys: z.array(z.number()) }).optional(),
  encryptionKeys: z.object({ encrypting: z.number(), decrypting: z.array(z.number()) }).optional(),
});

/** Before the first rotation a provider of hosts tells of no generations. */
const hostInputs = z.looseObject({
  stackKeys: z.object({ connecting: z.number(), authorized: z.array(z.number()) }).optional(),
});

const hostProviders = new Set([
  "redoubt:hosts:LocalMachines",
  "redoubt:hosts:Inventory",
  "redoubt:hosts:AwsInstances",
]);

/** What the last `up` set out to do with keys and authorities, however it ended. */
export interface Attempted {
  readonly authorities?: AuthorityGenerations | undefined;
  readonly serviceAccountKeys?: KeysInUse | undefined;
  readonly encryptionKeys?: EncryptionKeyOptions | undefined;
  readonly stackKeys?: StackKeyOptions | undefined;
}

/** Who provides the hosts, as a state has it; undefined where there are none yet. */
export function hostProviderIn(resources: readonly StateResource[]): StateResource | undefined {
  return resources.find(({ type }) => hostProviders.has(type));
}

/** The stack's SSH keys as an `up` meant them; undefined where there are no hosts yet. */
function attemptedStackKeys(resources: readonly StateResource[]): StackKeyOptions | undefined {
  const provider = hostProviderIn(resources);
  if (provider === undefined) return undefined;
  return hostInputs.parse(provider.inputs ?? {}).stackKeys ?? firstStackKey;
}

/** As the state has it: the components that make keys are registered before any host is told of them. */
export function attemptedBy(resources: readonly StateResource[]): Attempted {
  const component = resources.find(({ type }) => type === "redoubt:pki:ClusterPki");
  return { ...pkiInputs.parse(component?.inputs ?? {}), stackKeys: attemptedStackKeys(resources) };
}
