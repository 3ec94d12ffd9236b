import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HostExpectation } from "../../../drift/compare-host";
import { unexpectedOnHost, unexpectedSockets } from "../../../drift/unexpected-on-host";
import { manifestOf, type ManifestEntry } from "../../../components/plan/manifest";
import { mergeFragments } from "../../../components/plan/merge";
import { readScript } from "../../../components/plan/read-script";
import { renderScript } from "../../../components/plan/script";
import { factsOf, type HostAnswers } from "../../support/healthy-host";

const plan = mergeFragments({
  test: {
    users: [{ name: "redoubt" }],
    files: [
      { path: "/etc/ssh/authorized_keys.d/redoubt", content: "ssh-ed25519 AAAA\n" },
      { path: "/etc/sudoers.d/90-redoubt", content: "x\n" },
      { path: "/etc/systemd/system/a.service.d/10-redoubt.conf", content: "[Service]\n" },
    ],
    units: [{ name: "a.service" }],
  },
});
const script = readScript(renderScript(plan, "test"));
assert.ok(script);
const manifest: readonly ManifestEntry[] = manifestOf(script);
const expectation: HostExpectation = {
  role: "worker",
  adminUser: "redoubt",
  sshPort: 22,
  promised: manifest.map((entry) => ({ entry, urns: ["urn"] })),
  deliveries: [],
};

function subjects(change: (host: HostAnswers) => void): string[] {
  return unexpectedOnHost(expectation, factsOf(expectation, change)).map(
    ({ subject, found }) => `${subject}: ${found}`,
  );
}

describe("what no plan knows", () => {
  it("is nothing on a host as it was left", () => {
    const change = (host: HostAnswers): void => {
      host.guardedFolders = [
        "/etc/ssh/authorized_keys.d/redoubt",
        "/etc/sudoers.d/90-redoubt",
        "/etc/sudoers.d/README",
      ];
      const unit = host.units.get("a.service");
      if (unit)
        unit.dropIns =
          "/usr/lib/systemd/system/service.d/10-timeout.conf /etc/systemd/system/a.service.d/10-redoubt.conf";
      host.accounts.push({ name: "_apt", uid: 42, shell: "/usr/sbin/nologin" });
    };
    assert.deepEqual(subjects(change), []);
  });

  const cases: readonly (readonly [string, (host: HostAnswers) => void, string])[] = [
    [
      "a second root",
      (host) => host.accounts.push({ name: "toor", uid: 0, shell: "/bin/bash" }),
      "user toor: has root's uid 0",
    ],
    [
      "an account that may log in",
      (host) => host.accounts.push({ name: "mallory", uid: 1007, shell: "/bin/bash" }),
      "user mallory: may log in with /bin/bash",
    ],
    ["a member of sudo", (host) => host.groups.set("sudo", ["mallory"]), "group sudo: mallory is in it"],
    [
      "keys of another user",
      (host) => (host.guardedFolders = ["/etc/ssh/authorized_keys.d/mallory"]),
      "file /etc/ssh/authorized_keys.d/mallory: a file that may let somebody in",
    ],
    [
      "a rule of sudo",
      (host) => (host.guardedFolders = ["/etc/sudoers.d/mallory"]),
      "file /etc/sudoers.d/mallory: a file that may let somebody in",
    ],
    [
      "a drop-in that changes a unit of the plan",
      (host) => {
        const unit = host.units.get("a.service");
        if (unit) unit.dropIns = "/etc/systemd/system/a.service.d/override.conf";
      },
      "drop-in /etc/systemd/system/a.service.d/override.conf: changes a.service",
    ],
    [
      "a port",
      (host) => (host.sockets = ['tcp LISTEN 0 128 0.0.0.0:8080 0.0.0.0:* users:(("python3",pid=77,fd=3))']),
      "port tcp/8080: python3 listens",
    ],
  ];
  for (const [what, change, expected] of cases) {
    it(`is found: ${what}`, () => {
      assert.deepEqual(subjects(change), [expected]);
    });
  }

  it("is put right by hand, because it may have been meant", () => {
    const [finding] = unexpectedOnHost(
      expectation,
      factsOf(expectation, (host) => host.groups.set("sudo", ["mallory"])),
    );
    assert.deepEqual(finding?.repair, { by: "hand", advice: "sudo gpasswd --delete mallory sudo" });
  });
});

describe("listening ports", () => {
  const socket = { protocol: "tcp", address: "0.0.0.0", port: 22, program: "sshd" };
  const ports = (
    role: HostExpectation["role"],
    sockets: readonly (typeof socket)[],
    sshPort = 22,
  ): string[] => unexpectedSockets({ role, sshPort }, sockets).map(({ subject }) => subject);

  it("are those of the port table", () => {
    assert.deepEqual(ports("worker", [socket, { ...socket, address: "[::]", port: 10250 }]), []);
    assert.deepEqual(ports("control-plane", [{ ...socket, address: "*", port: 6443 }]), []);
  });

  it("are found on a role that does not open them, or over another protocol", () => {
    assert.deepEqual(ports("worker", [{ ...socket, port: 6443 }]), ["port tcp/6443"]);
    assert.deepEqual(ports("worker", [{ ...socket, protocol: "udp" }]), ["port udp/22"]);
  });

  it("are where the settings put SSH, and not where it is by default", () => {
    assert.deepEqual(ports("worker", [{ ...socket, port: 2222 }], 2222), []);
    assert.deepEqual(ports("worker", [socket], 2222), ["port tcp/22"]);
  });

  it("are one finding, over IPv4 and IPv6", () => {
    const both = [
      { ...socket, port: 8080 },
      { ...socket, address: "[::]", port: 8080 },
    ];
    assert.deepEqual(ports("worker", both), ["port tcp/8080"]);
  });

  it("on loopback are the host's own affair; what only looks like loopback is not", () => {
    const local = ["127.0.0.1", "127.0.0.53%lo", "[::1]"].map((address) => ({
      ...socket,
      address,
      port: 8080,
    }));
    assert.deepEqual(ports("worker", local), []);
    assert.deepEqual(ports("worker", [{ ...socket, address: "12.70.0.1", port: 8080 }]), ["port tcp/8080"]);
  });

  it("of a DHCP client are known; the same port of another program is not", () => {
    const client = { protocol: "udp", address: "10.0.0.5%eth0", port: 68, program: "systemd-network" };
    assert.deepEqual(ports("worker", [client]), []);
    assert.deepEqual(ports("worker", [{ ...client, program: "nc" }]), ["port udp/68"]);
  });

  it("of a host that is no node are not judged", () => {
    assert.deepEqual(ports(undefined, [{ ...socket, port: 8080 }]), []);
  });
});
