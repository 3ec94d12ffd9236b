import * as pulumi from "@pulumi/pulumi";
import type * as tls from "@pulumi/tls";
import { deriveEncryptionKey } from "./encryption-key";
import { encryptionKeyName, type EncryptionKeyOptions } from "./encryption-generations";
import { makeGenerations } from "./key-generations";

/** A key as an EncryptionConfiguration names it. */
export interface EncryptionKey {
  /** Stands before all that is encrypted with it, so it never changes. */
  readonly name: string;
  /** 32 bytes in base64. */
  readonly secret: string;
}

/**
 * Makes every generation up to the newest and picks those in use, the one that encrypts first. A former one keeps its key in the state:
 * snapshots of etcd from its time can't be read without it. One that never encrypted is no loss, so that a rotation that was only announced
 * can be taken back.
 *
 * @param makeKey Makes the key of that name; `keep`: it may not be deleted.
 * @returns secret.
 * @throws Error when the generation that encrypts is none that decrypts.
 */
export function chooseEncryptionKeys(
  { encrypting, decrypting }: EncryptionKeyOptions,
  makeKey: (name: string, keep: boolean) => tls.PrivateKey,
): pulumi.Output<EncryptionKey[]> {
  if (!decrypting.includes(encrypting)) {
    throw new Error(`encryption key ${encrypting} would encrypt, and is not among those that decrypt`);
  }
  const keys = makeGenerations("encryption-key", Math.max(...decrypting), (name, generation) => ({
    generation,
    key: makeKey(name, generation <= encrypting),
  }));
  const used = keys
    .filter(({ generation }) => decrypting.includes(generation))
    .sort((left, right) => Number(right.generation === encrypting) - Number(left.generation === encrypting));
  return pulumi.secret(
    pulumi.all(
      used.map(({ generation, key }) =>
        key.privateKeyPem.apply((pem) => ({
          name: encryptionKeyName(generation),
          secret: deriveEncryptionKey(pem),
        })),
      ),
    ),
  );
}
