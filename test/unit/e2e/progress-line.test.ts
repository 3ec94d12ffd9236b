import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProgressLines } from "../../../e2e/progress-line";

describe("what ginkgo says while it works", () => {
  it("tells which test has ended, and how", () => {
    const lines = new ProgressLines();
    const said = [
      "SSSSS",
      "[sig-network] Netpol NetworkPolicy between server and client should deny [Feature:NetworkPolicy] [sig-network, Feature:NetworkPolicy]",
      "/x/test/e2e/network/netpol/network_policy.go:132",
      "  STEP: Creating a kubernetes client @ 12/01/26 12:37:18.136",
      "• [19.904 seconds]",
      "[sig-node] Pods should run [sig-node]",
      "• [FAILED] [300.012 seconds]",
    ];
    assert.deepEqual(
      said.map((line) => lines.read(line)).filter((ended) => ended !== undefined),
      [
        {
          name: "[sig-network] Netpol NetworkPolicy between server and client should deny [Feature:NetworkPolicy]",
          passed: true,
          took: "19.904 seconds",
        },
        { name: "[sig-node] Pods should run", passed: false, took: "300.012 seconds" },
      ],
    );
  });
});
