import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { StateResource } from "../../../commands/stack-outputs";
import { refuseStackKeySkip } from "../../../commands/stack-key-step";
import { stateOf, withoutKey } from "../../support/recorded-state";
import { recordProgram } from "../stack/program";

const first = { connecting: 1, authorized: [1] };
const both = { connecting: 1, authorized: [1, 2] };
const connects = { connecting: 2, authorized: [1, 2] };
const second = { connecting: 2, authorized: [2] };
const kubernetesVersion = "1.35.4";

describe("An up that rotates the stack's SSH key", () => {
  it("goes from the first generation when the stack tells of none", () => {
    refuseStackKeySkip({ kubernetesVersion }, both);
    assert.throws(() => {
      refuseStackKeySkip({ kubernetesVersion }, connects);
    }, /nothing was changed:\n.*connecting = 2: would log in before every host lets it in/);
  });

  it("goes from what the last one left", () => {
    refuseStackKeySkip({ kubernetesVersion, stackKeys: connects }, second);
    assert.throws(() => {
      refuseStackKeySkip({ kubernetesVersion, stackKeys: both }, second);
    }, /authorized = \[2\]: drops 1, with which the stack logs in now/);
  });

  it("may begin anywhere when it is the first, and is the program's to judge when it says nothing readable", () => {
    refuseStackKeySkip({}, second);
    refuseStackKeySkip({ kubernetesVersion, stackKeys: both }, undefined);
  });

  it("is one from where an up that failed had been, too", () => {
    const told = { kubernetesVersion, stackKeys: both };
    refuseStackKeySkip(told, connects, connects);
    refuseStackKeySkip(told, both, connects);
    // Some hosts were perhaps made to forget the second key already.
    assert.throws(() => {
      refuseStackKeySkip(told, connects, first);
    }, /connecting = 2: would log in before every host lets it in/);
    // What is to be removed may be known by the second key already.
    assert.throws(() => {
      refuseStackKeySkip(told, first, connects);
    }, /authorized = \[1\]: drops 2, with which the stack logs in now/);
  });
});

describe("An up that logs in with another of the stack's SSH keys", () => {
  const told = { kubernetesVersion, stackKeys: both };
  const next = `ssh-ed25519 ${Buffer.from("machines-admin-key-2").toString("base64")}`;
  let reached: StateResource[];
  before(async () => {
    reached = stateOf(await recordProgram({ hosts: { stackKeys: both } }));
  });

  it("goes on where every host was brought it", () => {
    refuseStackKeySkip(told, connects, both, reached);
  });

  it("is refused while a host was left out of the up before, though that says that all is well", () => {
    assert.throws(() => {
      refuseStackKeySkip(told, connects, both, withoutKey(reached, next, "worker-0"));
    }, /hosts\.stackKeys\.connecting = 2: is not let in yet by worker-0: .*Fix: change connecting back and run up with nothing left out/);
    assert.throws(() => {
      refuseStackKeySkip(told, connects, both, withoutKey(reached, next));
    }, /is not let in yet by control-plane-0, worker-0/);
  });

  it("is not kept from a host that is yet to be hardened, nor by one that has left", () => {
    const gone = reached.filter(({ urn }) => !/::worker-0(-|$)/.test(urn));
    refuseStackKeySkip(told, connects, both, gone);
    const late = reached.filter(({ urn }) => !urn.endsWith("::worker-0-logins-apply"));
    refuseStackKeySkip(told, connects, both, late);
  });

  it("stays free to log in with the same one, which is how such a host is reached", () => {
    refuseStackKeySkip(told, both, both, withoutKey(reached, next, "worker-0"));
    refuseStackKeySkip(told, first, both, withoutKey(reached, next, "worker-0"));
  });
});
