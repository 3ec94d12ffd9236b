import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refuseStackKeySkip } from "../../../commands/stack-key-step";

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
