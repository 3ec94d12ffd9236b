import * as pulumi from "@pulumi/pulumi";
import type * as tls from "@pulumi/tls";
import { makeGenerations } from "./key-generations";

/** Which generations of the key are in use; the stages of a rotation are steps of these. */
export interface ServiceAccountKeyOptions {
  /** The generation that signs. */
  readonly signingKey: number;
  /** Generations whose tokens are good. */
  readonly acceptedKeys: readonly number[];
}

/** Keys of service account tokens, in PEM. */
export interface ServiceAccountKeys {
  /** Of every accepted generation, in order. */
  readonly publicKeys: pulumi.Output<string[]>;
  /** Of the generation that signs; secret. */
  readonly privateKey: pulumi.Output<string>;
}

/**
 * Makes every generation up to the newest and picks those in use. A generation that is accepted no more keeps its key in the state,
 * which nobody reads: a key that vanished by mistake would log every workload out. One that never signed is no loss, so that a rotation
 * that was only announced can be taken back.
 *
 * @param makeKey Makes the key of that name; `keep`: it may not be deleted.
 * @throws Error when the signing generation is not accepted.
 */
export function chooseServiceAccountKeys(
  { signingKey, acceptedKeys }: ServiceAccountKeyOptions,
  makeKey: (name: string, keep: boolean) => tls.PrivateKey,
): ServiceAccountKeys {
  if (!acceptedKeys.includes(signingKey)) {
    throw new Error(`service account key ${signingKey} would sign, and is not among the accepted ones`);
  }
  const keys = makeGenerations("service-account-key", Math.max(...acceptedKeys), (name, generation) =>
    makeKey(name, generation <= signingKey),
  );
  const publicKeys = keys
    .filter((_, index) => acceptedKeys.includes(index + 1))
    .map(({ publicKeyPem }) => publicKeyPem);
  const [signing] = keys.slice(signingKey - 1);
  if (signing === undefined) throw new Error(`there is no service account key ${signingKey}`);
  return { publicKeys: pulumi.all(publicKeys), privateKey: pulumi.secret(signing.privateKeyPem) };
}
