import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { joinEnvironment, joinStep, settled, type EtcdPeer } from "../../../components/etcd/membership";
import { assertShellcheckClean } from "../../support/shellcheck";

/** Addresses of this box on which no etcd runs. */
const [first, second, third]: [EtcdPeer, EtcdPeer, EtcdPeer] = [
  { name: "control-plane-0", address: "127.91.0.10" },
  { name: "control-plane-1", address: "127.91.0.11" },
  { name: "control-plane-2", address: "127.91.0.12" },
];
const members = [first, second, third];

/** A stub of etcdctl: writes its call down, and answers with the file ADDRESS.VERB.SUBJECT, or as one that can't reach the member. */
const etcdctl = `#!/usr/bin/env bash
address=\${1#--endpoints=https://}; address=\${address%:2379}
words=(); for word in "\${@:2}"; do [[ $word == --c* || $word == --key* || $word == --dial* ]] || words+=("$word"); done
printf '%s: %s\\n' "$address" "\${words[*]}" >>FOLDER/calls
cat "FOLDER/$address.\${words[0]}.\${words[1]}" 2>/dev/null
`;

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

describe("a member of etcd", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "etcd-"));
    mkdirSync(path.join(folder, "etc"));
    writeFileSync(path.join(folder, "etcdctl"), etcdctl.replaceAll("FOLDER", folder));
    chmodSync(path.join(folder, "etcdctl"), 0o755);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const environmentFile = (): string => path.join(folder, "etc", path.basename(joinEnvironment));
  const answers = (member: EtcdPeer, call: string, answer: string): void => {
    writeFileSync(path.join(folder, `${member.address}.${call}`), answer);
  };
  const calls = (): string[] => {
    const file = path.join(folder, "calls");
    return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
  };
  const changes = (): string[] => calls().filter((call) => /: member (add|remove|promote)/.test(call));
  const run = (command: readonly string[]): Ended => {
    const [program = "", ...args] = command.map((word) =>
      word.replaceAll(joinEnvironment, environmentFile()),
    );
    const env = { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
    const { status, stderr } = spawnSync(program, args, { env, encoding: "utf8" });
    return { code: status, stderr };
  };
  const joined =
    'ETCD_NAME="control-plane-1"\nETCD_INITIAL_CLUSTER="control-plane-0=https://127.91.0.10:2380,control-plane-1=https://127.91.0.11:2380"\nETCD_INITIAL_CLUSTER_STATE="existing"\n';
  const firstListed =
    "8e9e05c52164694d, started, control-plane-0, https://127.91.0.10:2380, https://127.91.0.10:2379, false\n";
  const secondListed =
    "1a2b05c52164694d, started, control-plane-1, https://127.91.0.11:2380, https://127.91.0.11:2379, false\n";

  describe("that has no data", () => {
    it("is born alone where every other host says that it runs none", () => {
      assert.deepEqual(run(joinStep({ member: first, members }).command), { code: 0, stderr: "" });
      assert.deepEqual(changes(), []);
      assert.equal(existsSync(environmentFile()), false);
    });

    it("is born alone when there are no others, and nobody is asked", () => {
      assert.equal(run(joinStep({ member: first, members: [first] }).command).code, 0);
      assert.deepEqual(calls(), []);
    });

    it("joins as a learner where another serves, and is started with what that one says", () => {
      answers(first, "member.list", firstListed);
      answers(first, "member.add", `Member added\n\n${joined}`);
      const { code, stderr } = run(joinStep({ member: second, members }).command);
      assert.equal(code, 0, stderr);
      assert.deepEqual(changes(), [
        "127.91.0.10: member add control-plane-1 --learner --peer-urls=https://127.91.0.11:2380",
      ]);
      assert.equal(readFileSync(environmentFile(), "utf8"), joined.split("\n").slice(1).join("\n"));
    });

    it("asks on when the first host it asks has no etcd", () => {
      answers(third, "member.list", firstListed);
      answers(third, "member.add", joined);
      assert.equal(run(joinStep({ member: second, members }).command).code, 0);
      assert.match(changes()[0] ?? "", /^127\.91\.0\.12: member add control-plane-1 /);
    });

    it("is taken out before it joins when it was a member that lost its data; nobody else is", () => {
      answers(first, "member.list", firstListed + secondListed);
      answers(first, "member.remove", "removed\n");
      answers(first, "member.add", joined);
      assert.equal(run(joinStep({ member: second, members }).command).code, 0);
      assert.deepEqual(changes(), [
        "127.91.0.10: member remove 1a2b05c52164694d",
        "127.91.0.10: member add control-plane-1 --learner --peer-urls=https://127.91.0.11:2380",
      ]);
    });

    it("does not begin a second cluster while a host has an etcd that does not answer", async () => {
      const server = createServer().listen(2379, second.address);
      await once(server, "listening");
      const { code, stderr } = run(joinStep({ member: first, members }).command);
      server.close();
      assert.equal(code, 1);
      assert.match(stderr, /127\.91\.0\.11: its etcd runs, and has no majority.*Fix: bring that host back/);
      assert.deepEqual(changes(), []);
    });
  });

  describe("that runs", () => {
    const learner = secondListed.replace("false", "true");

    it("gets its vote when it is a learner: another is asked, because a learner answers nothing", () => {
      answers(first, "member.list", firstListed + learner);
      answers(first, "member.promote", "promoted\n");
      answers(second, "endpoint.health", "healthy\n");
      const { code, stderr } = run(settled({ member: second, members }).command);
      assert.equal(code, 0, stderr);
      assert.deepEqual(changes(), ["127.91.0.10: member promote 1a2b05c52164694d"]);
    });

    it("leaves the vote of another learner to that one", () => {
      answers(first, "member.list", firstListed + learner);
      answers(first, "endpoint.health", "healthy\n");
      assert.equal(run(settled({ member: first, members }).command).code, 0);
      assert.deepEqual(changes(), []);
    });

    it("is not there yet while it can't be promoted, or is not well, or nobody answers", () => {
      const isThere = (): boolean => run(settled({ member: second, members }).command).code === 0;
      assert.equal(isThere(), false);
      answers(first, "member.list", firstListed + learner);
      answers(second, "endpoint.health", "healthy\n");
      assert.equal(isThere(), false);
      answers(first, "member.list", firstListed + secondListed);
      assert.equal(isThere(), true);
      rmSync(path.join(folder, `${second.address}.endpoint.health`));
      assert.equal(isThere(), false);
    });

    it("takes out who is no member any more, and nobody else", () => {
      answers(first, "member.list", firstListed + secondListed);
      answers(first, "member.remove", "removed\n");
      answers(first, "endpoint.health", "healthy\n");
      assert.equal(run(settled({ member: first, members: [first, third] }).command).code, 0);
      assert.deepEqual(changes(), ["127.91.0.10: member remove 1a2b05c52164694d"]);
    });
  });

  it("is told by clean scripts", () => {
    for (const { command } of [joinStep({ member: first, members }), settled({ member: first, members })]) {
      assertShellcheckClean(`#!/bin/bash\n${command[2] ?? ""}\n`);
    }
  });
});
