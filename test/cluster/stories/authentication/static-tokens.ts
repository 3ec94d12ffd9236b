import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Logins } from "./logins";

/** The user of the token file. */
export const staticUser = { name: "robot", uid: "4242", groups: ["app-viewers"] };

/** @param token Of {@link staticUser}. */
export function staticTokensStory(logins: Logins, token: string): void {
  describe("A static token", () => {
    it("logs its user in, with UID and groups, and with their rights only", () => {
      const robot = logins.withToken(token);
      const known = logins.who(robot);
      assert.equal(known?.username, staticUser.name);
      assert.equal(known.uid, staticUser.uid);
      assert.deepEqual([...known.groups].sort(), ["app-viewers", "system:authenticated"]);
      assert.equal(logins.may(robot, "--namespace", "app", "get", "pods"), true);
      assert.equal(logins.may(robot, "--namespace", "app", "get", "secrets"), false);
      assert.equal(logins.may(robot, "--namespace", "other", "get", "pods"), false);
    });

    it("is refused when one letter is another, when one is missing, and when one is added", () => {
      for (const wrong of [`x${token.slice(1)}`, token.slice(0, -1), `${token}a`]) {
        assert.equal(logins.who(logins.withToken(wrong)), undefined, wrong);
      }
    });

    it("lies in a file that only the API server reads", () => {
      const line = logins.onControlPlane(
        "sudo stat --format '%a %U %G' /etc/kubernetes/kube-apiserver/tokens.csv",
      );
      assert.equal(line.trim(), "600 kube-apiserver kube-apiserver");
    });

    it("stands in clear in no state, no log of up, no journal and no command line", () => {
      assert.equal(logins.cluster.exportedState().includes(token), false);
      assert.equal(logins.cluster.log().includes(token), false);
      const seen = logins.onControlPlane(
        "sudo sh -c 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; journalctl --no-pager --output cat; cat /var/log/kubernetes/audit.log'",
      );
      assert.ok(seen.length > 1000);
      assert.equal(seen.includes(token), false);
    });
  });
}
