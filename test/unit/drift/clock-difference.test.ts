import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { clockDifference } from "../../../drift/clock-difference";
import { factsOf } from "../../support/healthy-host";

const asked = new Date("2026-06-01T12:00:00Z");
/** A look that waited for a host which was still booting. */
const answered = new Date("2026-06-01T12:00:20Z");

/** What is said of a host whose clock showed that many seconds after it was asked. */
function said(after: number): string[] {
  const expectation = { role: undefined, adminUser: "redoubt", sshPort: 22, promised: [], deliveries: [] };
  const facts = factsOf(expectation, (host) => (host.clock = `${asked.getTime() / 1000 + after}\n`));
  return clockDifference(facts, { asked, answered });
}

describe("the clock of a host", () => {
  it("is right wherever in a slow look it was read, and within some seconds of it", () => {
    for (const after of [-6, 0, 11, 20, 25]) assert.deepEqual(said(after), [], String(after));
  });

  it("that is ahead is a warning, by how much at least", () => {
    const [warning = "", ...others] = said(26);
    assert.match(warning, /^the clock is 6 s ahead of this box's: .* timedatectl timesync-status/);
    assert.deepEqual(others, []);
  });

  it("that is behind is one too", () => {
    assert.match(said(-7)[0] ?? "", /^the clock is 6 s behind this box's: /);
    assert.match(said(-3601)[0] ?? "", /^the clock is 3600 s behind /);
  });

  it("that is not told is not passed over", () => {
    const silent = { role: undefined, adminUser: "redoubt", sshPort: 22, promised: [], deliveries: [] };
    const facts = factsOf(silent, (host) => (host.clock = ""));
    assert.throws(() => clockDifference(facts, { asked, answered }), /time is "".*no number/);
  });
});
