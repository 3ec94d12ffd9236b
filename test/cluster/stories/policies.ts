import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { z } from "zod";
import type { TestCluster } from "../../support/cluster";
import { violations, type Violation } from "../../policies/engine";
import { flag, replace, type Edit } from "../../policies/scripts";

const packFolder = path.join(path.dirname(path.dirname(path.dirname(__dirname))), "policies");

const stateSchema = z.looseObject({
  deployment: z.looseObject({
    resources: z.array(
      z.looseObject({
        urn: z.string(),
        inputs: z.record(z.string(), z.unknown()).optional(),
        outputs: z.record(z.string(), z.unknown()).optional(),
      }),
    ),
  }),
});
type State = z.infer<typeof stateSchema>;

/** A secret of an exported state, in clear. */
const secretSchema = z.object({ plaintext: z.string() });

/** Puts a change into the script of a command, secret or not. */
function inScript(name: string, edit: Edit): (state: State) => void {
  return (state) => {
    const inputs = inputsOf(state, name);
    const stdin = inputs["stdin"];
    if (typeof stdin === "string") {
      inputs["stdin"] = edit(stdin);
      return;
    }
    const { plaintext } = secretSchema.parse(stdin);
    const text = JSON.stringify(edit(JSON.parse(plaintext) as string));
    inputs["stdin"] = { ...(stdin as object), plaintext: text };
  };
}

function inputsOf(state: State, name: string): Record<string, unknown> {
  const inputs = state.deployment.resources.find(({ urn }) => urn.endsWith(`::${name}`))?.inputs;
  assert.ok(inputs, `the state has no resource ${name}`);
  return inputs;
}

/** Mistakes that only a run with known values can see, or that AWS would be asked for; by rule, with the resource that shows it. */
const mistakes: Readonly<Record<string, readonly [resource: string, plant: (state: State) => void]>> = {
  "hosts-unpinned-host-key": [
    "worker-0-plan-apply",
    (state) => {
      inputsOf(state, "worker-0-plan-apply")["connection"] = { host: "10.77.5.32", user: "redoubt" };
    },
  ],
  "files-private-key": [
    "control-plane-0-secrets-write",
    inScript(
      "control-plane-0-secrets-write",
      replace("tls.key kube-apiserver kube-apiserver 600", "tls.key kube-apiserver kube-apiserver 644"),
    ),
  ],
  "etcd-encryption-provider": [
    "control-plane-0-secrets-write",
    inScript(
      "control-plane-0-secrets-write",
      replace("    providers:\n", "    providers:\n      - identity: {}\n"),
    ),
  ],
  "api-server-profiling": [
    "control-plane-control-plane-0-apply",
    inScript("control-plane-control-plane-0-apply", flag("kube-apiserver", "profiling", "true")),
  ],
  "secrets-output": [
    "machines-network",
    (state) => {
      const outputs = state.deployment.resources.find(({ urn }) =>
        urn.endsWith("::machines-network"),
      )?.outputs;
      assert.ok(outputs);
      outputs["stdout"] = "join with abc123.0123456789abcdef";
    },
  ],
};

/** The pack asked about a running cluster: by `up` and by `pulumi policy analyze`. */
export function policiesStory(cluster: TestCluster): void {
  const analyze = (): { readonly code: number; readonly found: readonly Violation[] } => {
    const { code, stdout } = cluster.pulumi(["policy", "analyze", "--json", "--policy-pack", packFolder]);
    return { code, found: violations(stdout) };
  };

  describe("The policy pack", () => {
    it("has nothing to say when up asks it", async () => {
      const { code, stdout, stderr } = await cluster.npmRun("up", ["--policies", "--expect-no-changes"]);
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /Policies:\s+✅ redoubt@/);
    });

    it("has nothing to say about what is deployed, and leaves nothing undecided", () => {
      assert.deepEqual(analyze(), { code: 0, found: [] });
    });

    it("finds every mistake that is put into the state", () => {
      const before = cluster.pulumi(["stack", "export", "--show-secrets"]).stdout;
      const file = path.join(cluster.folder, "state.json");
      try {
        const state = stateSchema.parse(JSON.parse(before));
        for (const [, plant] of Object.values(mistakes)) plant(state);
        writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
        assert.equal(cluster.pulumi(["stack", "import", "--file", file]).code, 0);
        const { code, found } = analyze();
        assert.notEqual(code, 0);
        const places = found.map(({ policy, resource }) => `${policy} ${resource}`).sort();
        assert.deepEqual(
          [...new Set(places)],
          Object.entries(mistakes)
            .map(([rule, [resource]]) => `${rule} ${resource}`)
            .sort(),
        );
      } finally {
        writeFileSync(file, before, { mode: 0o600 });
        assert.equal(cluster.pulumi(["stack", "import", "--file", file]).code, 0);
        writeFileSync(file, "");
      }
    });
  });
}
