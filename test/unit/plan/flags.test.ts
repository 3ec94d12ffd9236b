import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { renderFlags } from "../../../components/plan/flags";

describe("flags", () => {
  it("are sorted by name, one form per kind of value", () => {
    assert.deepEqual(
      renderFlags({ profiling: false, "etcd-servers": ["a", "b"], "secure-port": 6443, absent: undefined }),
      ["--etcd-servers=a,b", "--profiling=false", "--secure-port=6443"],
    );
  });

  it("are repeated, in order, where the program does not split at commas", () => {
    assert.deepEqual(renderFlags({ issuer: { repeat: ["b", "a"] }, z: 1 }), [
      "--issuer=b",
      "--issuer=a",
      "--z=1",
    ]);
  });
});
