import { z } from "zod";
import type { KeysInUse } from "../components/config/authentication-checks";
import type { AuthorityGenerations } from "../components/pki/authority-generations";
import type { EncryptionKeyOptions } from "../components/pki/encryption-generations";
import type { StateResource } from "./stack-outputs";

const inputsSchema = z.looseObject({
  authorities: z.object({ issuing: z.number(), trusted: z.array(z.number()) }).optional(),
  serviceAccountKeys: z.object({ signingKey: z.number(), acceptedKeys: z.array(z.number()) }).optional(),
  encryptionKeys: z.object({ encrypting: z.number(), decrypting: z.array(z.number()) }).optional(),
});

/** What the last `up` set out to do with keys and authorities, however it ended. */
export interface Attempted {
  readonly authorities?: AuthorityGenerations | undefined;
  readonly serviceAccountKeys?: KeysInUse | undefined;
  readonly encryptionKeys?: EncryptionKeyOptions | undefined;
}

/** As the state has it: the component that makes them is registered before any host is told of them. */
export function attemptedBy(resources: readonly StateResource[]): Attempted {
  const component = resources.find(({ type }) => type === "redoubt:pki:ClusterPki");
  return inputsSchema.parse(component?.inputs ?? {});
}
