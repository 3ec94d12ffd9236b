import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { benchmarkTargets, renderBenchmarkScript } from "../../../cis/benchmark-script";
import { hostVariables } from "../../../cis/variables";
import { etcdMember } from "../../../components/etcd/etcd-member";
import { serviceAccounts } from "../../../components/hosts/service-accounts";
import { leafProfiles } from "../../../components/pki/profiles";
import { mergeFragments } from "../../../components/plan/merge";
import type { HostRole } from "../../../components/plan/ports";
import { assertShellcheckClean } from "../../support/shellcheck";
import { artifacts, contentsOf } from "../../support/fixture-cluster";
import { controlPlanePlan } from "../control-plane/plan";
import { nodePlan } from "../node/plan";

const sent = { size: 5_579_017, sha256: "0".repeat(64) };
const member = { name: "control-plane-0", address: "10.77.5.10" };
const plans = [
  mergeFragments({ accounts: serviceAccounts("control-plane") }),
  mergeFragments({ etcd: etcdMember({ member, members: [member], clusterToken: "test", artifacts }) }),
  controlPlanePlan,
  nodePlan("worker-0"),
];
const roles: readonly HostRole[] = ["control-plane", "worker"];

describe("the script that runs the benchmark on a host", () => {
  it("is a clean script that is whole or does nothing", () => {
    for (const role of roles) {
      const script = renderBenchmarkScript(role, sent);
      assertShellcheckClean(script);
      assert.match(script, /\n\{\nbenchmark .*\n\}\n$/);
    }
  });

  it("asks a worker about nodes only, and a control plane, which is a node too, about all", () => {
    assert.match(renderBenchmarkScript("worker", sent), / node apiserverbin=/);
    assert.match(
      renderBenchmarkScript("control-plane", sent),
      / master,controlplane,etcd,node apiserverbin=/,
    );
    assert.deepEqual(benchmarkTargets.worker, ["node"]);
  });

  it("has the program in a folder that only root enters, and takes it away however it ends", () => {
    const script = renderBenchmarkScript("worker", sent);
    assert.match(script, /^umask 077$/m);
    assert.match(script, /mktemp --directory \/var\/lib\/redoubt\/cis\.X+/);
    assert.match(script, /trap 'rm --recursive --force -- "\$folder"' EXIT/);
  });
});

describe("where the benchmark looks", () => {
  it("is where the plans and the certificates of hosts put the files", () => {
    const leaves = leafProfiles({
      clusterDomain: "cluster.local",
      kubernetesServiceAddress: "10.96.0.1",
      endpoint: "10.0.0.10",
      subjectAltNames: [],
      hosts: [{ name: "cp", role: "control-plane", address: "10.0.0.10" }],
    });
    const written = new Set([
      ...plans.flatMap((plan) => [
        ...Object.keys(contentsOf(plan)),
        ...plan.directories.map(({ path }) => path),
      ]),
      ...leaves.flatMap(({ delivery }) => (delivery.form === "kubeconfig" ? [delivery.path] : [])),
    ]);
    const files = Object.entries(hostVariables).filter(([name]) => !name.endsWith("bin"));
    for (const [name, file] of files) assert.ok(written.has(file), `${name}: nobody writes ${file}`);
  });

  it("is for the programs that hosts run", () => {
    const units = plans.flatMap((plan) => plan.units.map(({ name }) => name));
    for (const [name, program] of Object.entries(hostVariables).filter(([name]) => name.endsWith("bin"))) {
      assert.ok(units.includes(`${program}.service`), name);
    }
  });
});
