import { z } from "zod";
import { authorizedKeysFolder } from "../components/hosts/hardening/accounts";
import { readScript } from "../components/plan/read-script";
import { parseUrn } from "../report/urn";
import type { StateResource } from "./stack-outputs";

/** Keys that a script lets in, one line each. */
function keysIn(stdin: unknown): string[] | undefined {
  const files = typeof stdin === "string" ? readScript(stdin)?.files : undefined;
  const file = files?.find(({ path }) => path.startsWith(`${authorizedKeysFolder}/`));
  return file?.content.split("\n").filter((line) => line !== "");
}

const madeKey = z.object({ publicKeyOpenssh: z.string() });

/** The public half of each SSH or other key that the stack made, a line in OpenSSH form, by the name of its resource. */
export function madeKeyLines(resources: readonly StateResource[]): ReadonlyMap<string, string> {
  return new Map(
    resources
      .filter(({ type }) => type === "tls:index/privateKey:PrivateKey")
      .flatMap(({ urn, outputs }) => {
        const made = madeKey.safeParse(outputs).data;
        return made === undefined ? [] : [[parseUrn(urn).name, made.publicKeyOpenssh.trim()] as const];
      }),
  );
}

/**
 * Hosts that are hardened, so that no other login is left, by name: the keys that the last `up` which reached one let in there, each a
 * line in OpenSSH form; undefined where none came so far.
 */
export function admittedKeys(
  resources: readonly StateResource[],
): ReadonlyMap<string, readonly string[] | undefined> {
  const named = resources.map(({ urn, type, inputs }) => ({ ...parseUrn(urn), type, inputs }));
  const commands = new Map(
    named
      .filter(({ type }) => type === "command:remote:Command")
      .filter(({ parentTypes }) => parentTypes.includes("redoubt:hosts:HardenedHost"))
      .map(({ name, inputs }) => [name, inputs?.["stdin"]] as const),
  );
  return new Map(
    named
      .filter(({ type, name }) => type === "redoubt:hosts:HardenedHost" && commands.has(`${name}-plan-apply`))
      .map(({ name }) => [name, keysIn(commands.get(`${name}-logins-apply`))] as const),
  );
}
