import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Client, type ConnectConfig } from "ssh2";
import { authorizedKeysFolder } from "../../../components/hosts/hardening/accounts";
import { runProgram, type ClusterOutputs, type TestCluster } from "../../support/cluster";
import { sshKeyPair } from "../../support/ssh-key-pair";

/** Tries to log in; gives the error, or undefined when it was let in. */
function login(config: ConnectConfig): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const client = new Client();
    const end = (error?: Error): void => {
      client.end();
      resolve(error);
    };
    client.on("ready", () => {
      end();
    });
    client.on("error", end);
    client.connect({ port: 22, readyTimeout: 15_000, ...config });
  });
}

export function sshStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  describe("SSH", () => {
    const every = async (check: (host: string, name: string) => Promise<void>): Promise<void> => {
      for (const node of outputs().nodeTable) await check(node.address, node.name);
    };

    it("lets the operator in with the stack's key", () =>
      every(async (host) => {
        const error = await login({ host, username: "redoubt", privateKey: outputs().sshPrivateKey });
        assert.equal(error, undefined);
      }));

    it("refuses root, even with the right key", () =>
      every(async (host, name) => {
        // Where sshd looks for root's keys; the operator's first line is the stack's key.
        const [keys, roots] = [`${authorizedKeysFolder}/redoubt`, `${authorizedKeysFolder}/root`];
        const given = cluster.ssh(outputs(), name, `sudo cp --preserve ${keys} ${roots}`);
        assert.equal(given.code, 0, given.stderr);
        try {
          const error = await login({ host, username: "root", privateKey: outputs().sshPrivateKey });
          assert.match(error?.message ?? "logged in", /authentication methods failed/);
        } finally {
          cluster.ssh(outputs(), name, `sudo rm ${roots}`);
        }
      }));

    it("refuses passwords and keyboard-interactive", () =>
      every((host) => {
        // Nobody has a password, so a wrong one would prove nothing: the running server says what it would take.
        const options = [
          ...["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"],
          "PreferredAuthentications=keyboard-interactive,password",
        ].flatMap((option) => ["-o", option]);
        const { code, stderr } = runProgram("ssh", [...options, `redoubt@${host}`, "true"]);
        assert.equal(code, 255);
        assert.match(stderr, /Permission denied \(publickey\)\./);
        return Promise.resolve();
      }));

    it("refuses a key that it does not know", () =>
      every(async (host) => {
        const { private: privateKey } = sshKeyPair("stranger");
        const error = await login({ host, username: "redoubt", privateKey });
        assert.match(error?.message ?? "logged in", /authentication methods failed/);
      }));

    it("offers publickey as the only method", () => {
      for (const node of outputs().nodeTable) {
        const effective = cluster.ssh(outputs(), node.name, "sudo sshd -T").stdout;
        assert.match(effective, /^permitrootlogin no$/m);
        assert.match(effective, /^passwordauthentication no$/m);
        assert.match(effective, /^kbdinteractiveauthentication no$/m);
        assert.match(effective, /^authenticationmethods publickey$/m);
        assert.match(effective, /^allowusers redoubt$/m);
      }
    });

    it("leaves root without a password, and nobody with an empty one", () => {
      for (const node of outputs().nodeTable) {
        const shadow = cluster.ssh(outputs(), node.name, "sudo cat /etc/shadow").stdout;
        assert.match(shadow, /^root:[*!]/m);
        assert.doesNotMatch(shadow, /^[^:]+::/m);
      }
    });
  });
}
