import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { isStackKeyRotated, stackKeyName, type StackKeyOptions } from "./stack-key-generations";

/** The keys by which hosts know the stack. */
export interface StackKeys {
  /** The one that the stack logs in with, in OpenSSH form; secret. */
  readonly privateKey: pulumi.Output<string>;
  /** Its public half, one line in OpenSSH form. */
  readonly publicKey: pulumi.Output<string>;
  /** Public halves of all that hosts let in, in the same form. */
  readonly authorizedKeys: pulumi.Output<string[]>;
}

/**
 * Makes the keys in use. One that no host lets in any more opens nothing, so it leaves the state.
 *
 * @param name Of the provider of hosts.
 * @param parent The provider of hosts.
 * @throws Error when the key that the stack logs in with is none that hosts let in.
 */
export function makeStackKeys(
  name: string,
  { connecting, authorized }: StackKeyOptions,
  parent: pulumi.Resource,
): StackKeys {
  const keys = new Map(
    authorized.map((generation) => [generation, makeKey(name, generation, parent)] as const),
  );
  const own = keys.get(connecting);
  if (own === undefined)
    throw new Error(`the stack's key ${connecting} would log in, and no host lets it in`);
  return {
    privateKey: own.privateKeyOpenssh,
    publicKey: publicLine(own),
    authorizedKeys: pulumi.all([...keys.values()].map(publicLine)),
  };
}

function makeKey(name: string, generation: number, parent: pulumi.Resource): tls.PrivateKey {
  return new tls.PrivateKey(stackKeyName(name, generation), { algorithm: "ED25519" }, { parent });
}

function publicLine({ publicKeyOpenssh }: tls.PrivateKey): pulumi.Output<string> {
  return publicKeyOpenssh.apply((key) => key.trim());
}

/** What a provider of hosts tells the state of them: the next step is checked against it, also after an `up` that failed. */
export function attemptedKeys(stackKeys: StackKeyOptions): { readonly stackKeys?: StackKeyOptions } {
  return isStackKeyRotated(stackKeys) ? { stackKeys } : {};
}
