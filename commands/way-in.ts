import { admittedKeys, madeKeyLines } from "./admitted-keys";
import type { StateResource } from "./stack-outputs";

/**
 * Names of hosts of an inventory that nobody but the stack opens: they are hardened, so no other login is left, and what the last `up`
 * brought them lets in the stack's own keys alone. Keys that only the settings name are on no host yet.
 */
export function hostsOfTheStackAlone(resources: readonly StateResource[]): string[] {
  if (!resources.some(({ type }) => type === "redoubt:hosts:Inventory")) return [];
  // Those included that a rotation has not taken away yet.
  const own = new Set(madeKeyLines(resources).values());
  return [...admittedKeys(resources)]
    .filter(([, keys = []]) => keys.every((key) => own.has(key)))
    .map(([name]) => name);
}

/** Arguments of `pulumi destroy` that name a part of the stack; it keeps its key. */
const namesAPart = /^(-t|--target|--exclude)(=|$)/;

/**
 * Refuses to forget hosts that stay, with the only key that opens them.
 *
 * @param args Of the user, for `pulumi destroy`.
 * @throws naming hosts, setting and ways out.
 */
export function refuseLastKey(
  stack: string,
  resources: readonly StateResource[],
  args: readonly string[],
): void {
  if (args.some((arg) => namesAPart.test(arg))) return;
  const hosts = hostsOfTheStackAlone(resources);
  if (hosts.length === 0) return;
  throw new Error(
    `redoubt:hosts.sshPublicKeys: names no key that the last up brought to ${hosts.join(", ")}: only the stack's own opens what is hardened and stays as it is, and it goes with the stack. Fix: name your key there and npm run up -- --stack ${stack}; or give the hosts up by --forget-keys`,
  );
}
