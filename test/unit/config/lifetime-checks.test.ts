import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseSettings } from "../../../components/config/settings";

const hoursOf = (pki: object): number => parseSettings({ pki }, "test").pki.renewBeforeHours;

describe("the renewal of leaf certificates", () => {
  it("comes in the last third of their life, when nothing is said", () => {
    assert.equal(hoursOf({}), 2920);
    assert.equal(hoursOf({ leafValidityHours: 720 }), 240);
    assert.equal(hoursOf({ leafValidityHours: 2 }), 0);
  });

  it("comes when the setting says", () => {
    assert.equal(hoursOf({ renewBeforeHours: 48 }), 48);
    assert.equal(hoursOf({ leafValidityHours: 49, renewBeforeHours: 48 }), 48);
  });

  it("names no fix that would be refused, of lifetimes that have no whole third", () => {
    assert.throws(() => hoursOf({ leafValidityHours: 2, renewBeforeHours: 2 }), /Fix: leave it out$/m);
  });

  it("is refused where every up would renew everything", () => {
    assert.throws(
      () => hoursOf({ leafValidityHours: 48, renewBeforeHours: 48 }),
      /pki\.renewBeforeHours = 48: is not less than pki\.leafValidityHours = 48.*Fix: use 16 or leave it out/,
    );
  });
});

describe("the lifetime of leaf certificates", () => {
  it("is shorter than that of authorities", () => {
    assert.doesNotThrow(() => hoursOf({ leafValidityHours: 999, authorityValidityHours: 1000 }));
    assert.throws(
      () => hoursOf({ leafValidityHours: 1000, authorityValidityHours: 1000 }),
      /pki\.leafValidityHours = 1000: is not less than pki\.authorityValidityHours = 1000/,
    );
  });
});
