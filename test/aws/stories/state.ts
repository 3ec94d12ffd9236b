import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { traceOf } from "../../support/trace-of";
import type { EmulatedStack } from "../emulated-stack";

/** What the state keeps of what the provider answered. */
export function stateStory(stack: () => EmulatedStack): void {
  describe("The state of hosts on AWS", () => {
    it("holds no user data and no private key in clear, neither as they were given nor as the provider read them back", () => {
      const { stdout } = stack().run("stack", "export");
      assert.match(stdout, /"userData": \{/);
      assert.match(stdout, /"ciphertext": "/);
      for (const clear of ["#cloud-config", "PRIVATE KEY"]) assert.ok(!traceOf(clear).test(stdout), clear);
    });
  });
}
