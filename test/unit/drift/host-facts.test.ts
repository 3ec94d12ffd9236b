import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HostFacts } from "../../../drift/host-facts";

function facts(fact: string, output: string, exit = 0): HostFacts {
  const line = JSON.stringify({ fact, exit, output: Buffer.from(output).toString("base64") });
  return HostFacts.parse(`${line}\n{"complete":true}\n`);
}

describe("what the tools of a host say", () => {
  it("is read of ss(8)", () => {
    const output = [
      'udp   UNCONN 0      0      10.0.2.15%eth0:68        0.0.0.0:*    users:(("systemd-network",pid=1,fd=2))',
      'tcp   LISTEN 0      128          0.0.0.0:22        0.0.0.0:*    users:(("sshd",pid=9,fd=3))',
      "tcp   LISTEN 0      4096            [::]:22           [::]:*",
      'tcp   LISTEN 0      4096               *:10250           *:*    users:(("kubelet",pid=7,fd=9))',
    ].join("\n");
    assert.deepEqual(facts("sockets", `${output}\n`).sockets, [
      { protocol: "udp", address: "10.0.2.15%eth0", port: 68, program: "systemd-network" },
      { protocol: "tcp", address: "0.0.0.0", port: 22, program: "sshd" },
      { protocol: "tcp", address: "[::]", port: 22, program: "" },
      { protocol: "tcp", address: "*", port: 10250, program: "kubelet" },
    ]);
  });

  it("is read of systemctl(1), under every name of a unit", () => {
    const output = `Id=ssh.service
Names=ssh.service sshd.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled
DropInPaths=/etc/systemd/system/ssh.service.d/a.conf /run/systemd/system/ssh.service.d/b.conf

Id=gone.service
Names=gone.service
LoadState=not-found
ActiveState=inactive
UnitFileState=
DropInPaths=
`;
    const { units } = facts("units", output);
    assert.deepEqual(units.get("sshd.service"), {
      load: "loaded",
      file: "enabled",
      active: "active",
      dropIns: ["/etc/systemd/system/ssh.service.d/a.conf", "/run/systemd/system/ssh.service.d/b.conf"],
    });
    assert.deepEqual(units.get("gone.service"), {
      load: "not-found",
      file: "",
      active: "inactive",
      dropIns: [],
    });
  });

  it("is read of sshd(8), lists line by line", () => {
    const settings = facts("sshd", "port 22\nallowusers redoubt\nallowusers mallory\nusepam yes\n").sshd(
      "sshd",
    );
    assert.deepEqual(settings.get("allowusers"), ["redoubt", "mallory"]);
  });

  it("is read of /proc/sys, columns as one space apart", () => {
    const { sysctls } = facts(
      "sysctls",
      "/proc/sys/net/ipv4/ping_group_range:1\t0\n/proc/sys/kernel/panic:10\n",
    );
    assert.deepEqual(
      [...sysctls],
      [
        ["net.ipv4.ping_group_range", "1 0"],
        ["kernel.panic", "10"],
      ],
    );
  });

  it("is read of passwd, group and dpkg", () => {
    assert.deepEqual(facts("accounts", "etcd:x:998:998::/nonexistent:/usr/sbin/nologin\n").accounts, [
      { name: "etcd", uid: 998, shell: "/usr/sbin/nologin" },
    ]);
    assert.deepEqual(
      facts("groups", "sudo:x:27:a,b\nempty:x:28:\n").groups,
      new Map([
        ["sudo", ["a", "b"]],
        ["empty", []],
      ]),
    );
    assert.deepEqual([...facts("packages", "installed sudo\nconfig-files nftables\n").packages], ["sudo"]);
  });

  it("knows a container by the exit code of systemd-detect-virt(1)", () => {
    assert.equal(facts("container", "", 0).container, true);
    assert.equal(facts("container", "", 1).container, false);
  });

  it("is missed when it was never asked for", () => {
    assert.throws(() => facts("container", "").packages, /lacks "packages"/);
  });

  it("is not known where a tool took too long: what it had not said yet would count as not there", () => {
    for (const exit of [124, 137]) {
      assert.throws(() => facts("checksums", "", exit).checksums, /did not answer "checksums" in time/);
    }
    assert.throws(() => facts("sockets", "", 1).sockets, /could not answer "sockets" \(exit 1\)/);
    assert.deepEqual([...facts("checksums", "", 1).checksums], [], "a file that is not there is no fault");
  });

  it("is not known where find(1) failed: what it did not say would count as not there", () => {
    for (const exit of [1, 127]) {
      assert.throws(
        () => facts("guarded-folders", "/etc/sudoers.d/a\0", exit).guardedFolders,
        /"guarded-folders" \(exit/,
      );
    }
    assert.throws(() => facts("paths", "", 127).paths, /could not answer "paths" \(exit 127\)/);
    assert.deepEqual([...facts("paths", "", 1).paths], [], "a path that is not there is no fault");
    assert.deepEqual(facts("guarded-folders", "/etc/sudoers.d/a\0").guardedFolders, ["/etc/sudoers.d/a"]);
  });

  it("is an answer of a check that it took too long", () => {
    assert.equal(facts("step 0", "", 124).check("step 0"), undefined);
    assert.deepEqual(facts("step 0", "why", 3).check("step 0"), { exit: 3, output: "why" });
  });
});
