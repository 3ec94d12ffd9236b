import type { ManifestEntry } from "../components/plan/manifest";
import type { HostFacts } from "./host-facts";
import { excludedPackages } from "./look-script";

/** What apt says of a package that is installed (apt-cache(8), "policy"), by its name. */
function policyOf(answer: string): ReadonlyMap<string, { installed: string; candidate: string }> {
  const blocks = [...answer.matchAll(/^(\S+):\n {2}Installed: (.+)\n {2}Candidate: (.+)$/gm)];
  return new Map(
    blocks
      .map(([, name = "", installed = "", candidate = ""]) => [name, { installed, candidate }] as const)
      .filter(([, { installed, candidate }]) => installed !== "(none)" && candidate !== "(none)"),
  );
}

/**
 * Packages that apt knows a newer version of, of those that nobody upgrades by himself: the operator times it, so he must hear of it. A
 * host that could not be asked in time says nothing.
 */
export function waitingUpdates(manifest: readonly ManifestEntry[], facts: HostFacts): string[] {
  const policy = policyOf(facts.check("updates")?.output ?? "");
  return excludedPackages(manifest).flatMap((name) => {
    const versions = policy.get(name);
    if (versions === undefined || versions.installed === versions.candidate) return [];
    const { installed, candidate } = versions;
    return [
      `package ${name} is ${installed}, and apt knows ${candidate}: it is not upgraded by itself; drain the node, sudo apt-get install --only-upgrade ${name} there, and uncordon it`,
    ];
  });
}
