import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Client, type ConnectConfig } from "ssh2";
import type { ClusterOutputs, TestCluster } from "../../support/cluster";
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
    // An answer to every prompt, in case the server asks.
    client.on("keyboard-interactive", (_name, _instructions, _language, prompts, finish) => {
      finish(prompts.map(() => "password"));
    });
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
      every(async (host) => {
        const error = await login({ host, username: "root", privateKey: outputs().sshPrivateKey });
        assert.match(error?.message ?? "logged in", /authentication methods failed/);
      }));

    it("refuses passwords and keyboard-interactive", () =>
      every(async (host) => {
        const error = await login({ host, username: "redoubt", password: "password", tryKeyboard: true });
        assert.match(error?.message ?? "logged in", /authentication methods failed/);
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
