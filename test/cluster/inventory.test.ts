import { after, before, describe } from "node:test";
import { ensureBaseImage } from "../../toolchain/base-image";
import type { ClusterOutputs } from "../support/cluster";
import { ForeignNetwork } from "../support/foreign-network";
import { InventoryCluster, type InventoryMember } from "../support/inventory-cluster";
import { RegistryBench } from "../support/registry-bench";
import { SshAgent } from "../support/ssh-agent";
import { testBlocks } from "./configuration";
import { adoptionStory } from "./stories/adoption";
import { changedProgramStory } from "./stories/changed-program";
import { upAgainStory } from "./stories/convergence";
import { forgetStory } from "./stories/forget";
import { leavingStory } from "./stories/leaving";
import { rbacStory } from "./stories/rbac";
import { registriesStory } from "./stories/registries";
import { releasesStory } from "./stories/releases";
import { secretsStory } from "./stories/secrets";
import { hardLoginStory, softLoginStory } from "./stories/soft-login";
import { stackKeyStory } from "./stories/stack-key";
import { sshStory } from "./stories/ssh";
import { strangerStory } from "./stories/stranger";
import { tlsStory } from "./stories/tls";
import { workloadsStory } from "./stories/workloads";

/**
 * The same cluster over machines that it did not make, of two Debian releases, that let root and passwords in: the same stories, and
 * those of hosts that stay, and of registries, because each release of Debian has a containerd of its own. What a container can't show is shown on a virtual machine (own-kernel.test.ts).
 */
describe("A cluster on machines that were there before", () => {
  const network = new ForeignNetwork(`foreign-${process.pid}`);
  const cluster = new InventoryCluster("inventory", network);
  const agent = new SshAgent(`${network.folder}/agent`);
  const bench = new RegistryBench(network.gateway);
  const members: InventoryMember[] = [];
  let known: ClusterOutputs | undefined;
  const outputs = (): ClusterOutputs => (known ??= cluster.outputs());
  const configure: Parameters<typeof strangerStory>[1] = (change, changed = members) => {
    cluster.configure(changed, testBlocks + bench.blocks, change);
    return members;
  };

  before(async () => {
    const debian13 = await ensureBaseImage("trixie");
    network.create();
    cluster.bastion = network.boot("bastion", 5);
    members.push({ ...network.boot("control-plane-0", 10, debian13), role: "control-plane" });
    members.push({ ...network.boot("worker-0", 32), role: "worker" });
    members.push({ ...network.boot("worker-1", 33, debian13), role: "worker" });
    await agent.start([network.loginKey("bastion"), network.loginKey("worker-1")]);
    await bench.start();
    bench.setPasswords(cluster);
  });
  after(async () => {
    await cluster.remove();
    agent.stop();
    await bench.close();
    network.remove();
  });

  softLoginStory(() => members, network);
  adoptionStory({ cluster, network, configure, members: () => members, agentSocket: agent.socket });
  hardLoginStory(() => members, network);
  releasesStory(cluster, outputs);
  sshStory(cluster, outputs);
  tlsStory(cluster, outputs);
  rbacStory(cluster, outputs);
  workloadsStory(cluster, outputs);
  registriesStory(cluster, outputs, bench);
  secretsStory(cluster, outputs);
  changedProgramStory(cluster, outputs);
  upAgainStory(cluster, outputs);
  strangerStory(cluster, configure);
  leavingStory(cluster, outputs, network, configure);
  // Last of those that look at hosts: the key of the outputs that they know is refused after it.
  stackKeyStory(cluster, () => configure({}, members.slice(0, -1)));
  forgetStory(cluster, network, () => members);
});
