import { certificateExpiry } from "./certificate-expiry";
import { clockDifference, type LookTimes } from "./clock-difference";
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
 * @param times Of the look that gave the facts.
 */
export function lookAtFacts(
  expectation: HostExpectation,
  facts: HostFacts,
  contents: ReadonlyMap<string, string>,
  times: LookTimes,
): Look {
  const manifest = expectation.promised.map(({ entry }) => entry);
  const expiry = certificateExpiry(manifest, facts, times.answered);
  return {
    seen: true,
    compared: manifest.length + certificatePaths(manifest).length,
    findings: [
      ...comparePromised(expectation, facts, contents),
      ...compareSshd(expectation, facts),
      ...unexpectedOnHost(expectation, facts),
      ...expiry.findings,
    ],
    warnings: [...expiry.warnings, ...waitingUpdates(manifest, facts), ...clockDifference(facts, times)],
  };
}
