import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { StateResource } from "../../../commands/stack-outputs";
import { hostsOfTheStackAlone, refuseLastKey } from "../../../commands/way-in";
import { inventoryHosts, inventoryOf } from "../../support/fixture-inventory";
import { stateOf, withoutKey } from "../../support/recorded-state";
import { recordProgram } from "../stack/program";

const key = "ssh-ed25519 AAAA operator";

/** What an `up` leaves that rotates the stack's keys: hosts let in two of them, and the operator. */
let rotating: StateResource[];
let shared: StateResource[];
let alone: StateResource[];
before(async () => {
  const stackKeys = { connecting: 2, authorized: [1, 2] };
  const hosts = inventoryOf(inventoryHosts, { sshPublicKeys: [key], stackKeys });
  rotating = stateOf(await recordProgram({ hosts }));
  const first = Buffer.from("machines-admin-key").toString("base64");
  shared = withoutKey(rotating, `ssh-ed25519 ${first}`);
  alone = withoutKey(shared, key);
});

const without = (resources: readonly StateResource[], name: string): StateResource[] =>
  resources.filter(({ urn }) => !urn.endsWith(`::${name}`));

describe("hosts of an inventory that nobody but the stack opens", () => {
  it("are those whose authorized keys hold the stack's alone", () => {
    assert.deepEqual(hostsOfTheStackAlone(alone), ["alpha", "beta"]);
    assert.deepEqual(hostsOfTheStackAlone(shared), []);
  });

  it("are the same while a rotation lets two of the stack's in", () => {
    assert.deepEqual(hostsOfTheStackAlone(rotating), []);
    assert.deepEqual(hostsOfTheStackAlone(withoutKey(rotating, key)), ["alpha", "beta"]);
  });

  it("are those that were hardened before anybody's key came, and not those that were not", () => {
    assert.deepEqual(hostsOfTheStackAlone(without(shared, "beta-logins-apply")), ["beta"]);
    const soft = without(without(shared, "beta-logins-apply"), "beta-plan-apply");
    assert.deepEqual(hostsOfTheStackAlone(soft), []);
  });

  it("are none where the hosts go with the stack, and none where it is gone", () => {
    const machines = alone.filter(({ type }) => type !== "redoubt:hosts:Inventory");
    assert.deepEqual(hostsOfTheStackAlone(machines), []);
    assert.deepEqual(hostsOfTheStackAlone([]), []);
  });
});

describe("the destroy of a stack over them", () => {
  const refused = (args: readonly string[]): void => {
    assert.throws(() => {
      refuseLastKey("prod", alone, args);
    }, /redoubt:hosts\.sshPublicKeys: names no key .* alpha, beta:.* Fix: name your key there and npm run up -- --stack prod; or .*--forget-keys$/);
  };

  it("is refused, with the setting and both ways out", () => {
    refused([]);
    refused(["--debug", "--target-dependents"]);
  });

  it("goes on where somebody has a key, or the stack keeps its own", () => {
    refuseLastKey("prod", shared, []);
    refuseLastKey("prod", alone, ["--target", "urn"]);
    refuseLastKey("prod", alone, ["--exclude=urn"]);
  });
});
