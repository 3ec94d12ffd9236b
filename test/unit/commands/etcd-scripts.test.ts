import assert from "node:assert/strict";
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { renderOutOfTheWayScript, renderRestoreScript } from "../../../commands/restore-script";
import { renderSnapshotScript } from "../../../commands/snapshot-script";
import { renderEncryptionConfiguration } from "../../../components/control-plane/encryption";
import { keptSnapshots } from "../../../components/etcd/kept-snapshots";
import { assertShellcheckClean } from "../../support/shellcheck";

const address = "10.0.0.10";
const content = Buffer.from("a snapshot, and no newline at its end");
const sha256 = createHash("sha256").update(content).digest("hex");
const unit = `[Service]
ExecStart=/usr/local/bin/etcd \\
  --initial-advertise-peer-urls=https://10.0.0.10:2380 \\
  --initial-cluster-token=prod \\
  --name=control-plane-0
`;

/** Programs of a host, which write down how they are called. What fails is named in `fail`. */
const program = `#!/bin/bash
name=\${0##*/}
echo "$name $*" >>"$HOST/calls"
if [ -e "$HOST/fail" ] && [[ "$name $*" == $(<"$HOST/fail") ]]; then echo "no $name" >&2; rm "$HOST/fail"; exit 1; fi
case "$name $*" in
  *'alarm list') [ ! -e "$HOST/alarms" ] || cat "$HOST/alarms" ;;
  *'snapshot save '*) printf 'a snapshot, and no newline at its end' >"\${!#}" ;;
  *'snapshot status '*) printf '{"revision":42,"totalKey":7}' ;;
  *'snapshot restore '*)
    for word in "$@"; do [[ $word != --data-dir=* ]] || mkdir --parents "\${word#*=}/member/snap"; done
    member=$(find "$HOST/var/lib/redoubt" -name member)
    cat "$3" >"$member/restored"
    [ ! -e "$HOST/unpacked" ] || cp "$HOST/unpacked" "$member/snap/db"
    ;;
esac
`;

describe("scripts that save and restore etcd", () => {
  let host = "";
  const data = (...names: string[]): string => path.join(host, "var/lib/etcd", ...names);
  const calls = (): string[] =>
    readFileSync(path.join(host, "calls"), "utf8").replaceAll(host, "").trimEnd().split("\n");
  const left = (): string[] => readdirSync(path.join(host, "var/lib/redoubt"));

  beforeEach(() => {
    host = mkdtempSync(path.join(tmpdir(), "redoubt-etcd-"));
    for (const folder of [
      "bin",
      "var/lib/redoubt",
      "var/lib/etcd/member/snap",
      "etc/systemd/system",
      "etc/etcd",
    ])
      mkdirSync(path.join(host, folder), { recursive: true });
    for (const name of ["etcdctl", "etcdutl", "systemctl", "chown", "kubectl"])
      writeFileSync(path.join(host, "bin", name), program, { mode: 0o755 });
    writeFileSync(data("member/snap/db"), "what was there");
    writeFileSync(path.join(host, "etc/etcd/join.env"), "of the cluster that was");
    writeFileSync(path.join(host, "etc/systemd/system/etcd.service"), unit);
    writeFileSync(path.join(host, "etc/systemd/system/kube-apiserver.service"), "");
    writeFileSync(path.join(host, "calls"), "");
  });
  afterEach(() => {
    rmSync(host, { recursive: true });
  });

  /** Runs a script as its host would, with the host's folders below one of the test's. */
  const run = (script: string, following: Buffer = Buffer.alloc(0)): SpawnSyncReturns<Buffer> =>
    spawnSync("bash", ["-s"], {
      input: Buffer.concat([
        Buffer.from(
          script.replace(
            /\/(?:var\/lib|etc)\/|\/usr\/local(?=\/bin)/g,
            (place) => `${host}${place.replace("/usr/local", "")}`,
          ),
        ),
        following,
      ]),
      env: { ...process.env, HOST: host, PATH: `${host}/bin:${process.env["PATH"] ?? ""}` },
    });
  const fail = (pattern: string): void => {
    writeFileSync(path.join(host, "fail"), pattern);
  };
  const restore = (): SpawnSyncReturns<Buffer> =>
    run(renderRestoreScript({ size: content.length, sha256 }), content);

  it("are clean", () => {
    for (const script of [
      renderSnapshotScript(address),
      renderRestoreScript({ size: 1, sha256 }),
      renderOutOfTheWayScript(),
    ])
      assertShellcheckClean(script);
  });

  it("keep a snapshot on the host, and of those that are there the newest", () => {
    const [program] = keptSnapshots(address, { intervalHours: 12, keep: 2 }).files ?? [];
    assert.ok(program);
    assertShellcheckClean(program.content);
    const folder = path.join(host, "var/lib/redoubt/etcd-snapshots");
    const old = ["20260101T000000Z.db", "20260102T000000Z.db", "20260103T000000Z.db"];
    mkdirSync(folder);
    for (const name of old) writeFileSync(path.join(folder, name), "old");

    fail("etcdctl *snapshot save*");
    assert.equal(run(program.content).status, 1);
    assert.deepEqual(readdirSync(folder), old, "what is there stays when there is no new one");

    const { status, stdout, stderr } = run(program.content);
    assert.equal(status, 0, stderr.toString());
    const [kept, newest = "", ...others] = readdirSync(folder);
    assert.deepEqual([kept, others], [old.at(-1), []]);
    assert.equal(stdout.toString(), `${newest}: {"revision":42,"totalKey":7}\n`);
    assert.equal(readFileSync(path.join(folder, newest), "utf8"), content.toString());
    assert.equal(statSync(path.join(folder, newest)).mode & 0o777, 0o600);
    assert.deepEqual(left(), ["etcd-snapshots"]);
  });

  it("clear away what a loss of power left of one a day ago, and nothing of one that is at work", () => {
    const dayAndHour = 25 * 60 * 60;
    for (const [name, age] of [
      ["etcd.abcdef", dayAndHour],
      ["etcd.ghijkl", 60],
      ["etcd-began", dayAndHour],
    ] as const) {
      const folder = path.join(host, "var/lib/redoubt", name);
      mkdirSync(folder);
      const then = Date.now() / 1000 - age;
      utimesSync(folder, then, then);
    }
    assert.equal(run(renderSnapshotScript(address)).status, 0);
    assert.deepEqual(left().sort(), ["etcd-began", "etcd.ghijkl"]);
  });

  it("send a checksum and the snapshot itself, and leave nothing", () => {
    const { status, stdout, stderr } = run(renderSnapshotScript(address));
    assert.equal(status, 0, stderr.toString());
    const line = JSON.stringify({ status: { revision: 42, totalKey: 7 }, sha256 });
    assert.equal(stdout.toString(), `${line}\n${content.toString()}`);
    assert.deepEqual(left(), []);
  });

  it("ask root's client of this member, and whether a majority stands behind it, before they save", () => {
    run(renderSnapshotScript(address));
    const [read = "", alarms = "", save = ""] = calls();
    const client =
      "etcdctl --endpoints=https://10.0.0.10:2379 --cacert=/etc/etcd/pki/ca.crt --cert=/etc/kubernetes/pki/etcd-healthcheck-client.crt --key=/etc/kubernetes/pki/etcd-healthcheck-client.key";
    // Linearizable; an alarm, as that of an etcd that is full, does not keep it from an answer.
    assert.ok(read.startsWith(client) && read.endsWith("get / --consistency=l --keys-only --limit=1"), read);
    assert.ok(alarms.startsWith(client) && alarms.endsWith("alarm list"), alarms);
    assert.ok(save.startsWith(client) && save.includes("snapshot save /var/lib/redoubt/etcd."), save);
  });

  it("save what a full etcd has, and nothing of one whose members differ", () => {
    const alarm = (name: string): SpawnSyncReturns<Buffer> => {
      writeFileSync(path.join(host, "alarms"), `memberID:8630161756594109333 alarm:${name}\n`);
      return run(renderSnapshotScript(address));
    };
    assert.equal(alarm("NOSPACE").status, 0);
    const { status, stdout, stderr } = alarm("CORRUPT");
    assert.equal(status, 1);
    assert.equal(stdout.length, 0);
    assert.match(stderr.toString(), /alarm CORRUPT\)\. Fix: docs\/etcd-backup\.md/);
    assert.deepEqual(left(), []);
  });

  for (const step of [
    "etcdctl *--consistency=l *",
    "etcdctl *alarm list",
    "etcdctl *snapshot save*",
    "etcdutl snapshot status*",
  ]) {
    it(`send nothing and leave nothing when it fails: ${step}`, () => {
      fail(step);
      const { status, stdout, stderr } = run(renderSnapshotScript(address));
      assert.notEqual(status, 0);
      assert.equal(stdout.length, 0);
      assert.match(stderr.toString(), /no etcd/);
      assert.deepEqual(left(), []);
    });
  }

  it("save what an etcd still has whose data were deleted under it", () => {
    rmSync(data("member"), { recursive: true });
    const { status, stdout } = run(renderSnapshotScript(address));
    assert.equal(status, 0);
    assert.ok(stdout.includes(content));
  });

  it("leave nothing either when nobody listens any more", () => {
    const script = path.join(host, "script");
    writeFileSync(script, renderSnapshotScript(address).replaceAll("/var/lib/", `${host}/var/lib/`));
    const env = { ...process.env, HOST: host, PATH: `${host}/bin:${process.env["PATH"] ?? ""}` };
    spawnSync("bash", ["-c", `{ sleep 0.2; bash -s <'${script}'; } | true`], { env });
    assert.ok(
      calls().some((call) => call.includes("snapshot status")),
      calls().join("\n"),
    );
    assert.deepEqual(left(), []);
  });

  it("restore as a new cluster of one, by what the unit says, and keep what was there", () => {
    const { status, stdout, stderr } = restore();
    assert.equal(status, 0, stderr.toString());
    const aside = stdout.toString().trim();
    assert.match(aside, /\/var\/lib\/etcd\/before-restore-\d{8}T\d{6}Z$/);
    assert.equal(readFileSync(path.join(aside, "snap/db"), "utf8"), "what was there");
    assert.equal(readFileSync(data("member/restored"), "utf8"), content.toString());
    assert.equal(existsSync(path.join(host, "etc/etcd/join.env")), false);
    assert.deepEqual(left(), []);
    const unpack = calls().find((call) => call.startsWith("etcdutl snapshot restore")) ?? "";
    for (const flag of [
      "--name=control-plane-0",
      "--initial-cluster=control-plane-0=https://10.0.0.10:2380",
      "--initial-advertise-peer-urls=https://10.0.0.10:2380",
      "--bump-revision=1000000000",
      "--mark-compacted",
    ])
      assert.ok(unpack.split(" ").includes(flag), unpack);
    // A name that no cluster had before.
    assert.match(unpack, / --initial-cluster-token=prod-\d{8}T\d{6}Z /);
  });

  describe("restore what a former key encrypted", () => {
    const withKeys = (...names: string[]): SpawnSyncReturns<Buffer> => {
      const folder = path.join(host, "etc/kubernetes/kube-apiserver");
      mkdirSync(folder, { recursive: true });
      const keys = names.map((name) => ({ name, secret: "c2VjcmV0" }));
      writeFileSync(path.join(folder, "encryption.yaml"), renderEncryptionConfiguration("secretbox", keys));
      const values = ["secretbox:v1:key1", "secretbox:v1:key12", "aescbc:v1:key2"];
      writeFileSync(
        path.join(host, "unpacked"),
        Buffer.concat(values.map((value) => Buffer.from(`\0\xff\nk8s:enc:${value}:\x01\0`, "latin1"))),
      );
      return restore();
    };

    it("where the host has that key", () => {
      const { status, stderr } = withKeys("key2", "key1", "key12");
      assert.equal(status, 0, stderr.toString());
    });

    it("and stop nothing where it has not: the error says what to add", () => {
      const { status, stderr } = withKeys("key12", "key2");
      assert.equal(status, 1);
      assert.match(
        stderr.toString(),
        /^the snapshot holds what key 1 encrypted, .*Fix: add 1 to apiServer\.encryptionKeys\.decrypting, run up,/,
      );
      assert.ok(!calls().some((call) => call.startsWith("systemctl")), calls().join("\n"));
      assert.deepEqual(left(), []);
    });
  });

  it("unpack and hand over to etcd before anything stops, and start etcd first", () => {
    restore();
    const steps = calls().map((call) => call.split(" ").slice(0, 2).join(" "));
    assert.deepEqual(steps, [
      "etcdutl snapshot",
      "chown --recursive",
      "systemctl stop",
      "systemctl start",
      "systemctl start",
      "kubectl --kubeconfig=/etc/kubernetes/super-admin.conf",
      "systemctl start",
    ]);
    assert.ok(calls().includes("systemctl stop kube-apiserver.service etcd.service"));
    assert.equal(
      calls().find((call) => call.startsWith("systemctl start")),
      "systemctl start etcd.service",
    );
  });

  it("restore where no data is left", () => {
    rmSync(data("member"), { recursive: true });
    const { status, stdout } = restore();
    assert.equal(status, 0);
    assert.equal(stdout.toString(), "");
    assert.equal(readFileSync(data("member/restored"), "utf8"), content.toString());
  });

  it("stop nothing for a snapshot that did not arrive whole, or that etcdutl does not take", () => {
    const cut = run(renderRestoreScript({ size: content.length, sha256 }), content.subarray(1));
    assert.match(cut.stderr.toString(), /did not arrive whole/);
    assert.deepEqual(calls(), [""]);
    fail("etcdutl *");
    assert.match(restore().stderr.toString(), /no etcdutl/);
    assert.ok(!calls().some((call) => call.startsWith("systemctl")));
    assert.equal(readFileSync(data("member/snap/db"), "utf8"), "what was there");
    assert.deepEqual(left(), []);
  });

  it("bring the old data back when etcd does not start with the new", () => {
    fail("systemctl start etcd.service");
    const { status, stderr } = restore();
    assert.equal(status, 1);
    assert.match(stderr.toString(), /has its old data again/);
    assert.equal(readFileSync(data("member/snap/db"), "utf8"), "what was there");
    assert.deepEqual(readdirSync(data()), ["member"]);
    assert.equal(calls().at(-1), "systemctl start etcd.service kube-apiserver.service");
    assert.ok(existsSync(path.join(host, "etc/etcd/join.env")));
  });

  it("let nobody be restored beside a member that runs or has data", () => {
    assert.match(run(renderOutOfTheWayScript()).stderr.toString(), /runs, or has data/);
    fail("systemctl is-active*");
    assert.equal(run(renderOutOfTheWayScript()).status, 1);
    rmSync(data("member"), { recursive: true });
    fail("systemctl is-active*");
    assert.equal(run(renderOutOfTheWayScript()).status, 0);
  });
});
