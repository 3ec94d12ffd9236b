import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readResults } from "../../../cis/results";

/** An answer of `cis-benchmark`, as kube-bench's engine writes it. */
function answer(...results: readonly Readonly<Record<string, unknown>>[]): string {
  const check = {
    test_desc: "text",
    type: "",
    status: "PASS",
    scored: true,
    actual_value: "",
    remediation: "",
  };
  const tests = [
    { section: "1.1", desc: "Files", results: results.map((result) => ({ ...check, ...result })) },
  ];
  return JSON.stringify([{ id: "1", version: "cis-1.11", node_type: "master", tests, total_pass: 1 }]);
}

describe("what kube-bench answers", () => {
  it("is its checks, each with its id, its text on one line, and its status", () => {
    const read = readResults(
      answer(
        { test_number: "1.1.1", test_desc: "Ensure that\n  a file is root's", actual_value: "root:root\n" },
        { test_number: "1.1.2", status: "FAIL", actual_value: "permissions=644" },
      ),
    );
    assert.equal(read.benchmark, "cis-1.11");
    assert.deepEqual(read.checks, [
      { id: "1.1.1", text: "Ensure that a file is root's", status: "PASS", looked: true, found: "root:root" },
      { id: "1.1.2", text: "text", status: "FAIL", looked: true, found: "permissions=644" },
    ]);
  });

  it("tells apart what kube-bench looked at, and what it leaves to people", () => {
    const { checks } = readResults(
      answer(
        { test_number: "3.1.1", type: "manual", status: "WARN" },
        { test_number: "1.2.9", status: "WARN" },
      ),
    );
    assert.deepEqual(
      checks.map(({ looked }) => looked),
      [false, true],
    );
  });

  it("has why it could not look, where it found nothing", () => {
    const { checks } = readResults(
      answer({ test_number: "1.1.1", status: "FAIL", reason: "failed to run: stat" }),
    );
    assert.equal(checks[0]?.found, "failed to run: stat");
  });

  it("is not kept where it is long: a kubeconfig that was looked into holds a key", () => {
    const kubeconfig = "kind: Config\nusers:\n- user:\n    client-key-data: LS0t\n";
    const { checks } = readResults(
      answer(
        { test_number: "4.3.1", actual_value: kubeconfig },
        { test_number: "1.2.1", actual_value: `kube-apiserver ${"--flag=value ".repeat(20)}` },
      ),
    );
    assert.deepEqual(
      checks.map(({ found }) => found),
      ["", ""],
    );
  });

  it("is refused when it is none", () => {
    for (const text of ["", "[]", "{}", '[{"version":"cis-1.11"}]']) {
      assert.throws(() => readResults(text), Error, text);
    }
  });
});
