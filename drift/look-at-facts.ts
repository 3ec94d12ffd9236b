import { certificateExpiry } from "./certificate-expiry";
import { comparePromised, compareSshd, type HostExpectation } from "./compare-host";
import type { Look } from "./finding";
import type { HostFacts } from "./host-facts";
import { certificatePaths } from "./look-script";
import { unexpectedOnHost } from "./unexpected-on-host";
import { waitingUpdates } from "./waiting-updates";

/**
 * All that the facts of a host say against its plans.
 *
 * @param contents Contents of the files that differ and may be shown, by path.
 */
export function lookAtFacts(
  expectation: HostExpectation,
  facts: HostFacts,
  contents: ReadonlyMap<string, string>,
  now: Date,
): Look {
  const manifest = expectation.promised.map(({ entry }) => entry);
  const expiry = certificateExpiry(manifest, facts, now);
  return {
    seen: true,
    compared: manifest.length + certificatePaths(manifest).length,
    findings: [
      ...comparePromised(expectation, facts, contents),
      ...compareSshd(expectation, facts),
      ...unexpectedOnHost(expectation, facts),
      ...expiry.findings,
    ],
    warnings: [...expiry.warnings, ...waitingUpdates(manifest, facts)],
  };
}
