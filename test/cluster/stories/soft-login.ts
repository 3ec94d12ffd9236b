import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import {
  installer,
  softPassword,
  type ForeignMachine,
  type ForeignNetwork,
} from "../../support/foreign-network";
import { logsIn } from "../../support/ssh-login";

const opens = (host: string, username: string): Promise<boolean> =>
  logsIn({ host, username, password: softPassword });

const users = ["root", installer];

/** Run before `up`: without it a refusal afterwards would prove nothing. */
export function softLoginStory(machines: () => readonly ForeignMachine[], network: ForeignNetwork): void {
  describe("A machine that nobody hardened", () => {
    it("lets root and everybody else in by password", async () => {
      for (const { address, name } of machines()) {
        for (const user of users) assert.equal(await opens(address, user), true, `${user} on ${name}`);
      }
    });

    it("lets them in by a key of theirs", async () => {
      for (const { address: host, name } of machines()) {
        const privateKey = readFileSync(network.loginKey(name));
        for (const username of users) {
          assert.equal(await logsIn({ host, username, privateKey }), true, `${username} on ${name}`);
        }
      }
    });
  });
}

export function hardLoginStory(machines: () => readonly ForeignMachine[], network: ForeignNetwork): void {
  describe("The same machine, adopted", () => {
    it("refuses the passwords that it took before", async () => {
      for (const { address, name } of machines()) {
        for (const user of users) assert.equal(await opens(address, user), false, `${user} on ${name}`);
      }
    });

    it("refuses the keys that it took before", async () => {
      for (const { address: host, name } of machines()) {
        const privateKey = readFileSync(network.loginKey(name));
        for (const username of users) {
          assert.equal(await logsIn({ host, username, privateKey }), false, `${username} on ${name}`);
        }
      }
    });
  });
}
