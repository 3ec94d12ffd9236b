import { z } from "zod";
import { authorizedKeysFolder } from "../components/hosts/hardening/accounts";
import { readScript } from "../components/plan/read-script";
import { parseUrn } from "../report/urn";
import type { StateResource } from "./stack-outputs";

/** Keys that a script lets in, one line each. */
function admittedKeys(stdin: unknown): string[] {
  const files = typeof stdin === "string" ? readScript(stdin)?.files : undefined;
  const file = files?.find(({ path }) => path.startsWith(`${authorizedKeysFolder}/`));
  return file?.content.split("\n").filter((line) => line !== "") ?? [];
}

const madeKey = z.object({ publicKeyOpenssh: z.string() });

/** Public halves of the keys that the stack made, those included that a rotation has not taken away yet. */
function keysOfTheStack(resources: readonly StateResource[]): ReadonlySet<string> {
  const keys = resources.filter(({ type }) => type === "tls:index/privateKey:PrivateKey");
  return new Set(keys.map(({ outputs }) => madeKey.safeParse(outputs).data?.publicKeyOpenssh.trim() ?? ""));
}

/**
 * Names of hosts of an inventory that nobody but the stack opens: they are hardened, so no other login is left, and what the last `up`
 * brought them lets in the stack's own keys alone. Keys that only the settings name are on no host yet.
 */
export function hostsOfTheStackAlone(resources: readonly StateResource[]): string[] {
  if (!resources.some(({ type }) => type === "redoubt:hosts:Inventory")) return [];
  const named = resources.map(({ urn, type, inputs }) => ({
    ...parseUrn(urn),
    type,
    stdin: inputs?.["stdin"],
  }));
  const ofHost = named.filter(({ parentTypes }) => parentTypes.includes("redoubt:hosts:HardenedHost"));
  const scriptOf = (name: string): (typeof ofHost)[number] | undefined =>
    ofHost.find((resource) => resource.name === name && resource.type === "command:remote:Command");
  const own = keysOfTheStack(resources);
  return named
    .filter(({ type }) => type === "redoubt:hosts:HardenedHost")
    .map(({ name }) => name)
    .filter((name) => scriptOf(`${name}-plan-apply`) !== undefined)
    .filter((name) => admittedKeys(scriptOf(`${name}-logins-apply`)?.stdin).every((key) => own.has(key)));
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
