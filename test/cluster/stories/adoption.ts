import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { sshKeyPair } from "../../support/ssh-key-pair";
import type { ClusterOutputs } from "../../support/cluster";
import { softPassword, type ForeignNetwork } from "../../support/foreign-network";
import type { InventoryChange, InventoryCluster, InventoryMember } from "../../support/inventory-cluster";
import { logsIn } from "../../support/ssh-login";

/** What the story works on. */
export interface AdoptionStage {
  readonly cluster: InventoryCluster;
  readonly network: ForeignNetwork;
  /** Writes the settings for these hosts. */
  readonly configure: (change: InventoryChange, members: readonly InventoryMember[]) => void;
  /** One control plane and two workers. */
  readonly members: () => readonly InventoryMember[];
  /** The socket of an agent with the keys of the bastion and of the last host. */
  readonly agentSocket: string;
}

/** Makes the cluster, a host at a time, each by another first login; people's keys come and go by the same runs. */
export function adoptionStory(stage: AdoptionStage): void {
  const { cluster, network, configure, members, agentSocket } = stage;
  const operator = sshKeyPair("operator");
  const key = (name: string): string => readFileSync(network.loginKey(name), "utf8");
  let outputs: ClusterOutputs | undefined;
  const up = async (): Promise<readonly string[]> => {
    const { code, stdout, stderr } = await cluster.npmRun("up");
    assert.equal(code, 0, stdout + stderr);
    outputs = cluster.outputs();
    return outputs.nodeTable.map(({ name }) => name);
  };
  const operatorLogsIn = (): Promise<boolean[]> =>
    Promise.all(
      (outputs?.nodeTable ?? []).map(({ address }) =>
        logsIn({ host: address, username: "redoubt", privateKey: operator.private }),
      ),
    );

  describe("A host behind a bastion", () => {
    it("is adopted by a user's password, which sudo asks for too", async () => {
      cluster.setSecret("bastionPrivateKey", key("bastion"));
      cluster.setSecret("bootstrapPassword", softPassword);
      configure({ authentication: "password", bastionAuthentication: "privateKey" }, members().slice(0, 1));
      assert.deepEqual(await up(), ["control-plane-0"]);
      assert.deepEqual(await operatorLogsIn(), [false]);
    });

    it("is added by root's private key, when the password of the first is forgotten; a person's key comes along", async () => {
      cluster.forgetSecret("bootstrapPassword");
      cluster.setSecret("bootstrapPrivateKey", key("worker-0"));
      const change = { authentication: "privateKey", bastionAuthentication: "privateKey" } as const;
      configure({ ...change, sshPublicKeys: [operator.public] }, members().slice(0, 2));
      assert.deepEqual(await up(), ["control-plane-0", "worker-0"]);
      assert.deepEqual(await operatorLogsIn(), [true, true]);
    });

    it("is added by the SSH agent, which the bastion takes too; the person's key goes again", async () => {
      cluster.forgetSecret("bootstrapPrivateKey");
      cluster.forgetSecret("bastionPrivateKey");
      cluster.environment["SSH_AUTH_SOCK"] = agentSocket;
      configure({ authentication: "agent" }, members());
      assert.deepEqual(await up(), ["control-plane-0", "worker-0", "worker-1"]);
      assert.deepEqual(await operatorLogsIn(), [false, false, false]);
      // What follows has no first login left.
      configure({}, members());
    });

    it("has seen the stack only by way of the bastion", () => {
      assert.ok(outputs);
      const journal = "sudo journalctl --unit ssh --output cat --grep '^Accepted publickey for redoubt'";
      for (const { name } of outputs.nodeTable) {
        const accepted: string[] = cluster.ssh(outputs, name, journal).stdout.trim().split("\n");
        // The last one is this very login, which shows the fingerprint of the stack's key; people came directly.
        const fingerprint = accepted.at(-1)?.split(" ").at(-1) ?? "";
        const logins: string[] = accepted.slice(0, -1).filter((line) => line.endsWith(fingerprint));
        assert.ok(logins.length > 0, accepted.join("\n"));
        const direct = logins.filter((line) => !line.includes(` from ${cluster.bastion?.address ?? ""} `));
        assert.deepEqual(direct, [], name);
      }
    });
  });
}
