import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { tmpdir, uptime } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import {
  beganRecord,
  beginPermit,
  hasStarted,
  joinEnvironment,
  joinStep,
  mayStart,
  memberData,
  settled,
  type EtcdPeer,
} from "../../../components/etcd/membership";
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
if [[ \${words[1]} == remove && -e FOLDER/$address.keeps ]] && grep -q "\${words[2]}" FOLDER/$address.keeps; then exit 1; fi
cat "FOLDER/$address.\${words[0]}.\${words[1]}" 2>/dev/null
`;

/** Stubs of what a host has: etcd runs while the file "active" is there, and starting it does what the file "start" says. */
const systemctl = `#!/usr/bin/env bash
[ "$1" != is-active ] || exec test -e FOLDER/active
[ "$1" != cat ] || exit 0
[ "$1" != show ] || { cat FOLDER/active-since 2>/dev/null || echo 0; exit 0; }
printf 'systemctl %s\n' "$*" >>FOLDER/calls
[ "$1" != stop ] || rm -f FOLDER/active
[ "$1" != restart ] || [ ! -e FOLDER/start ] || . FOLDER/start
`;
const journalctl = `#!/usr/bin/env bash
cat FOLDER/journal 2>/dev/null
`;
const takenOut =
  '{"msg":"server error","error":"the member has been permanently removed from the cluster"}\n';

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

describe("a member of etcd", () => {
  let folder = "";
  const stub = (name: string, text: string): void => {
    writeFileSync(path.join(folder, name), text.replaceAll("FOLDER", folder));
    chmodSync(path.join(folder, name), 0o755);
  };
  let servers: Server[] = [];
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "etcd-"));
    mkdirSync(path.join(folder, "etc/etcd"), { recursive: true });
    mkdirSync(path.join(folder, "var/lib/etcd"), { recursive: true });
    stub("etcdctl", etcdctl);
    stub("systemctl", systemctl);
    stub("journalctl", journalctl);
    // Only root may give a file to root.
    stub("chown", "#!/bin/sh\n");
  });
  afterEach(() => {
    for (const server of servers) server.close();
    servers = [];
    rmSync(folder, { recursive: true });
  });

  /** Where the host's path lies in this test. */
  const here = (place: string): string => path.join(folder, place);
  const give = (place: string, content = ""): void => {
    mkdirSync(path.dirname(here(place)), { recursive: true });
    writeFileSync(here(place), content);
  };
  const has = (place: string): boolean => existsSync(here(place));
  /** Has the host listen as etcd does; the kernel takes the connections. */
  const listen = async ({ address }: EtcdPeer): Promise<void> => {
    const server = createServer().listen(2379, address);
    servers.push(server);
    await once(server, "listening");
  };
  const answers = (member: EtcdPeer, call: string, answer: string): void => {
    writeFileSync(path.join(folder, `${member.address}.${call}`), answer);
  };
  const serves = async (member: EtcdPeer, list: string): Promise<void> => {
    answers(member, "member.list", list);
    await listen(member);
  };
  const calls = (): string[] =>
    has("calls") ? readFileSync(here("calls"), "utf8").trimEnd().split("\n") : [];
  const changes = (): string[] =>
    calls().filter((call) => /: member (add|remove|promote)|^systemctl/.test(call));
  const run = (command: readonly string[]): Ended => {
    const [program = "", ...args] = command.map((word) =>
      word.replaceAll(/(?<![\w.])\/(var\/lib|run|etc)\/(etcd|redoubt)\b/g, (place) => here(place)),
    );
    const env = { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
    const { status, stderr } = spawnSync(program, args, { env, encoding: "utf8" });
    return { code: status, stderr };
  };
  /** Waits less. */
  const hurried = (command: readonly string[]): string[] =>
    command.map((word) => word.replaceAll(/SECONDS \+ \d+/g, "SECONDS + 1"));
  const joined =
    'ETCD_NAME="control-plane-1"\nETCD_INITIAL_CLUSTER="control-plane-0=https://127.91.0.10:2380,control-plane-1=https://127.91.0.11:2380"\nETCD_INITIAL_CLUSTER_STATE="existing"\n';
  const listed = (id: string, { name, address }: EtcdPeer, learner = false): string =>
    `${id}, started, ${name}, https://${address}:2380, https://${address}:2379, ${String(learner)}\n`;
  const firstListed = listed("8e9e05c52164694d", first);
  const secondListed = listed("1a2b05c52164694d", second);
  const thirdListed = listed("3c4d05c52164694d", third);
  const addSecond = "127.91.0.10: member add control-plane-1 --learner --peer-urls=https://127.91.0.11:2380";

  describe("before it starts", () => {
    const may = (): Ended => run(["sh", "-c", mayStart]);

    it("has data, or the leave to begin; else it says what is missing", () => {
      const { code, stderr } = may();
      assert.equal(code, 1);
      assert.match(stderr, /there is no .*\/member\/wal.*Fix: mount the disk.*up -- --repair.*snapshot/);
      give(beginPermit);
      assert.equal(may().code, 0);
      rmSync(here(beginPermit));
      give(`${memberData}/0.wal`);
      assert.equal(may().code, 0);
    });

    it("has the leave once: when it serves it is known to have had data", () => {
      give(beginPermit);
      mkdirSync(path.dirname(here(beganRecord)), { recursive: true });
      assert.equal(run(["sh", "-c", hasStarted]).code, 0);
      assert.deepEqual([has(beginPermit), has(beganRecord)], [false, true]);
      assert.deepEqual(run(["sh", "-c", hasStarted]), { code: 0, stderr: "" });
    });
  });

  describe("is left alone by the join", () => {
    const needless = (member = second, all = members): Ended =>
      run(joinStep({ member, members: all }).unless);

    it("while it runs, and nobody is asked", async () => {
      await serves(first, firstListed);
      give(`${memberData}/0.wal`);
      give("active");
      assert.deepEqual(needless(), { code: 0, stderr: "" });
      assert.deepEqual(calls(), []);
    });

    it("not on the word of one that has just started: who was taken out says that it is ready, and ends", async () => {
      await serves(first, firstListed);
      give(`${memberData}/0.wal`);
      give("active");
      give("active-since", String(Math.floor(uptime() * 1_000_000)));
      give("journal", takenOut);
      const ends = spawn("bash", ["-c", `sleep 1; rm ${here("active")}`]);
      assert.match(needless().stderr, /taken out of its cluster/);
      ends.kill();
    });

    it("when it has data and is no stranger to those who serve, or nobody serves", async () => {
      give(`${memberData}/0.wal`);
      assert.equal(needless().code, 0);
      await serves(first, firstListed);
      await serves(third, firstListed + secondListed + thirdListed);
      assert.equal(needless().code, 0);
    });

    it("but not without data, nor where etcd says that it was taken out, nor where those who serve don't know it", async () => {
      assert.match(needless().stderr, /there is no /);
      give(`${memberData}/0.wal`);
      give("journal", takenOut);
      assert.match(needless().stderr, /taken out of its cluster/);
      rmSync(here("journal"));
      await serves(first, firstListed);
      assert.match(needless().stderr, /127\.91\.0\.10 knows no member https:\/\/127\.91\.0\.11:2380/);
    });
  });

  describe("that has no data", () => {
    it("is born alone where every other host says that it runs none, and gets the leave to begin", () => {
      assert.deepEqual(run(joinStep({ member: first, members }).command), { code: 0, stderr: "" });
      assert.deepEqual(changes(), []);
      assert.deepEqual([has(joinEnvironment), has(beginPermit), has(beganRecord)], [false, true, false]);
    });

    it("is born alone when there are no others, and nobody is asked; so it is when that was cut off", () => {
      assert.equal(run(joinStep({ member: first, members: [first] }).command).code, 0);
      assert.equal(run(joinStep({ member: first, members: [first] }).command).code, 0);
      assert.deepEqual(calls(), []);
      assert.equal(has(beginPermit), true);
    });

    it("is not born where etcd ran before: that would be an empty cluster in the place of one that was lost", () => {
      give(beganRecord);
      give(beginPermit);
      for (const all of [[first], members]) {
        const { code, stderr } = run(joinStep({ member: first, members: all }).command);
        assert.equal(code, 1);
        assert.match(
          stderr,
          /etcd ran on this host before, its data are gone.*Fix: mount .*snapshot \(docs\/etcd-backup\.md\).*remove .*\/etcd-began /,
        );
      }
      assert.equal(has(beginPermit), false);
      rmSync(here(beganRecord));
      assert.equal(run(joinStep({ member: first, members: [first] }).command).code, 0);
    });

    it("is left running where nobody else has what it holds in files that are deleted", () => {
      give("active");
      const { code, stderr } = run(joinStep({ member: first, members: [first] }).command);
      assert.equal(code, 1);
      assert.match(stderr, /once it stops all is lost. Fix: save a snapshot now/);
      assert.deepEqual([has("active"), has(beginPermit), changes()], [true, false, []]);
    });

    it("joins as a learner where another serves, and is started with what that one says", async () => {
      await serves(first, firstListed);
      answers(first, "member.add", `Member added\n\n${joined}`);
      const { code, stderr } = run(joinStep({ member: second, members }).command);
      assert.equal(code, 0, stderr);
      assert.deepEqual(changes(), ["systemctl stop etcd.service", addSecond]);
      assert.equal(readFileSync(here(joinEnvironment), "utf8"), joined.split("\n").slice(1).join("\n"));
      assert.deepEqual([has(beginPermit), has(beganRecord)], [true, true]);
    });

    it("asks on when the first host it asks has no etcd", async () => {
      await serves(third, firstListed);
      answers(third, "member.add", joined);
      assert.equal(run(joinStep({ member: second, members }).command).code, 0);
      assert.match(changes().at(-1) ?? "", /^127\.91\.0\.12: member add control-plane-1 /);
    });

    it("is taken out before it joins when it was a member that lost its data, and stopped then; nobody else is", async () => {
      await serves(first, firstListed + secondListed);
      give("active");
      give(beganRecord);
      answers(first, "member.remove", "removed\n");
      answers(first, "member.add", joined);
      assert.equal(run(joinStep({ member: second, members }).command).code, 0);
      assert.deepEqual(changes(), [
        "127.91.0.10: member remove 1a2b05c52164694d",
        "systemctl stop etcd.service",
        addSecond,
      ]);
    });

    it("runs on where taking it out would cost the majority", async () => {
      await serves(first, firstListed + secondListed);
      give("active");
      give(beganRecord);
      assert.equal(run(hurried(joinStep({ member: second, members }).command)).code, 1);
      assert.equal(has("active"), true);
      assert.equal(has(beginPermit), false);
    });

    it("does not begin a second cluster while a host has an etcd that does not answer", async () => {
      await listen(second);
      const { code, stderr } = run(joinStep({ member: first, members }).command);
      assert.equal(code, 1);
      assert.match(stderr, /127\.91\.0\.11: its etcd runs, and has no majority.*Fix: bring that host back/);
      assert.deepEqual(changes(), []);
      assert.equal(has(beginPermit), false);
    });
  });

  describe("that was taken out and kept its data", () => {
    const kept = (): string[] => readdirSync(here("/var/lib/etcd"));
    const restarted = ["systemctl daemon-reload", "systemctl restart --no-block etcd.service"];
    beforeEach(() => {
      give(`${memberData}/0.wal`, "data");
      give(beganRecord);
      answers(first, "member.add", joined);
    });

    it("joins anew once etcd itself says so, and what it had is moved aside", async () => {
      await serves(first, firstListed);
      give("start", `printf '%s' '${takenOut}' >${here("journal")}`);
      const { code, stderr } = run(joinStep({ member: second, members }).command);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /moved to .*\/var\/lib\/etcd\/member\.removed-\d{8}T\d{6}Z, which may be removed/);
      assert.deepEqual(changes(), [
        ...restarted,
        "systemctl stop etcd.service",
        "systemctl stop etcd.service",
        addSecond,
      ]);
      const [aside = "", ...others] = kept();
      assert.deepEqual(others, []);
      assert.match(aside, /^member\.removed-/);
      assert.equal(readFileSync(here(`/var/lib/etcd/${aside}/wal/0.wal`), "utf8"), "data");
      assert.equal(has(beginPermit), true);
    });

    it("keeps it in its place while nobody serves whom it could join", () => {
      give("journal", takenOut);
      assert.deepEqual(run(joinStep({ member: second, members }).command), { code: 0, stderr: "" });
      assert.deepEqual([kept(), changes(), has(beginPermit)], [["member"], [], false]);
    });

    it("was not, when it comes up: then nothing is moved", async () => {
      await serves(first, firstListed);
      give("start", `: >${here("active")}`);
      assert.equal(run(joinStep({ member: second, members }).command).code, 0);
      assert.deepEqual([kept(), changes()], [["member"], restarted]);
    });

    it("may have another cluster's data when etcd does not say so: nothing is moved, and somebody must decide", async () => {
      await serves(first, firstListed);
      const { code, stderr } = run(hurried(joinStep({ member: second, members }).command));
      assert.equal(code, 1);
      assert.match(
        stderr,
        /may be of another cluster, and nothing was changed. Fix: when they are not needed/,
      );
      assert.deepEqual([kept(), changes(), has(beginPermit)], [["member"], restarted, false]);
    });
  });

  describe("that runs", () => {
    const learner = listed("1a2b05c52164694d", second, true);
    const settle = (member = second, all: readonly EtcdPeer[] = members): Ended =>
      run(settled({ member, members: all }).command);
    beforeEach(() => {
      for (const [member, id] of [
        [first, "8e9e05c52164694d"],
        [second, "1a2b05c52164694d"],
      ] as const) {
        answers(
          member,
          "endpoint.status",
          `https://${member.address}:2379, ${id}, 3.6.5, 20 kB, true, false\n`,
        );
        answers(member, "endpoint.health", "healthy\n");
      }
    });

    it("gets its vote when it is a learner: another is asked, because a learner answers nothing", async () => {
      await serves(first, firstListed + learner);
      answers(first, "member.promote", "promoted\n");
      const { code, stderr } = settle();
      assert.equal(code, 0, stderr);
      assert.deepEqual(changes(), ["127.91.0.10: member promote 1a2b05c52164694d"]);
    });

    it("leaves the vote of another learner to that one", () => {
      answers(first, "member.list", firstListed + learner);
      assert.equal(settle(first).code, 0);
      assert.deepEqual(changes(), []);
    });

    it("is not there yet while it can't be promoted, or is not well, or nobody answers", async () => {
      assert.equal(settle().code, 1);
      await serves(first, firstListed + learner);
      assert.equal(settle().code, 1);
      answers(first, "member.list", firstListed + secondListed);
      assert.equal(settle().code, 0);
      rmSync(here(`${second.address}.endpoint.health`));
      assert.equal(settle().code, 1);
      answers(second, "endpoint.health", "healthy\n");
      rmSync(here(`${second.address}.endpoint.status`));
      assert.equal(settle().code, 1);
    });

    it("is not one while the others don't know it: neither its own word counts, nor that of one of its name", async () => {
      answers(second, "member.list", secondListed);
      await serves(first, firstListed);
      for (const list of [firstListed, firstListed + listed("5e6f05c52164694d", second)]) {
        answers(first, "member.list", list);
        const { code, stderr } = settle();
        assert.equal(code, 1);
        assert.match(
          stderr.trimEnd().split("\n").at(-1) ?? "",
          /127\.91\.0\.10 serves and does not know this member, 1a2b05c52164694d at .*cluster of its own. Fix: /,
        );
      }
    });

    it("is one when another knows it, though one of them began a cluster of its own", async () => {
      await serves(first, firstListed);
      await serves(third, secondListed + thirdListed);
      assert.equal(settle().code, 0);
      assert.deepEqual(changes(), []);
    });

    it("takes out who is no member any more, and nobody else", () => {
      answers(first, "member.list", firstListed + secondListed);
      answers(first, "member.remove", "removed\n");
      assert.equal(settle(first, [first, third]).code, 0);
      assert.deepEqual(changes(), ["127.91.0.10: member remove 1a2b05c52164694d"]);
    });

    it("takes the dead out first, and goes on when one may not go yet", async () => {
      answers(first, "member.list", firstListed + secondListed + thirdListed);
      answers(first, "member.remove", "removed\n");
      await listen(second);
      const both = [
        "127.91.0.10: member remove 3c4d05c52164694d",
        "127.91.0.10: member remove 1a2b05c52164694d",
      ];
      for (const stays of ["1a2b05c52164694d", "3c4d05c52164694d"]) {
        rmSync(here("calls"), { force: true });
        give(`${first.address}.keeps`, stays);
        const { code, stderr } = settle(first, [first]);
        assert.equal(code, 1);
        assert.match(stderr, new RegExp(`etcd does not let members go that are none any more: ${stays}\n$`));
        assert.deepEqual(changes(), both);
      }
      rmSync(here(`${first.address}.keeps`));
      assert.equal(settle(first, [first]).code, 0);
    });
  });

  it("is told by clean scripts", () => {
    const { unless, command } = joinStep({ member: first, members });
    for (const words of [unless, command, settled({ member: first, members }).command]) {
      assertShellcheckClean(`#!/bin/bash\n${words[2] ?? ""}\n`);
    }
    for (const script of [mayStart, hasStarted]) assertShellcheckClean(`#!/bin/sh\n${script}\n`);
  });
});
