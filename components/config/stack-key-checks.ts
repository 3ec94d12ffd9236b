import type { StackKeyOptions } from "../hosts/stack-key-generations";
import type { Problem } from "./problem";
import { repeated } from "./repeated";
import type { Settings } from "./schema";

const base = "hosts.stackKeys";

/** Relations within `hosts.stackKeys`. */
export function stackKeyProblems({ hosts }: Settings): Problem[] {
  const { connecting, authorized } = hosts.stackKeys;
  const problems: Problem[] = [];
  if (!authorized.includes(connecting)) {
    problems.push({
      setting: `${base}.connecting`,
      value: connecting,
      rule: "is not among authorized: no host would let the stack in",
      fix: `add ${connecting} to authorized, and run up, before the stack logs in with it`,
    });
  }
  for (const value of repeated(authorized)) {
    problems.push({ setting: `${base}.authorized`, value, rule: "is there twice", fix: "name each once" });
  }
  return problems;
}

/**
 * Whether hosts that know one set of keys may be told of another. The stack logs in only with what every host lets in already, and what
 * it logs in with now is not dropped: what is to be removed is reached as the state knows it.
 */
export function checkStackKeyStep(from: StackKeyOptions, to: StackKeyOptions): Problem[] {
  const problems: Problem[] = [];
  if (!from.authorized.includes(to.connecting)) {
    problems.push({
      setting: `${base}.connecting`,
      value: to.connecting,
      rule: "would log in before every host lets it in",
      fix: `add ${to.connecting} to authorized, keep connecting at ${from.connecting} and run up first`,
    });
  }
  if (!to.authorized.includes(from.connecting)) {
    problems.push({
      setting: `${base}.authorized`,
      value: to.authorized,
      rule: `drops ${from.connecting}, with which the stack logs in now: it could not finish what it began`,
      fix: `change connecting first and run up, then drop ${from.connecting}`,
    });
  }
  return problems;
}
