import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { etcdMember } from "../../../components/etcd/etcd-member";
import { keptSnapshots } from "../../../components/etcd/kept-snapshots";
import type { EtcdPeer } from "../../../components/etcd/membership";
import { mergeFragments } from "../../../components/plan/merge";
import { artifacts, contentsOf, unitOf } from "../../support/fixture-cluster";
import { assertGolden } from "../../support/golden";
import { assertSandboxed } from "../../support/unit-file";

const member: EtcdPeer = { name: "control-plane-0", address: "10.77.5.10" };
const options = { member, members: [member], clusterToken: "test", artifacts };
const plan = mergeFragments({ etcd: etcdMember(options) });
const unit = unitOf(plan, "etcd.service");
const flags = unit.flags();
const pki = "/etc/etcd/pki";

describe("the command line of etcd", () => {
  it("CIS 2.1: serves TLS with its own certificate", () => {
    assert.equal(flags.get("cert-file"), `${pki}/server.crt`);
    assert.equal(flags.get("key-file"), `${pki}/server.key`);
  });
  it("CIS 2.2: lets clients in by certificate only", () => {
    assert.equal(flags.get("client-cert-auth"), "true");
  });
  it("CIS 2.3: makes no certificates for clients itself", () => {
    assert.equal(flags.has("auto-tls"), false);
  });
  it("CIS 2.4: shows peers a certificate of its own", () => {
    assert.equal(flags.get("peer-cert-file"), `${pki}/peer.crt`);
    assert.equal(flags.get("peer-key-file"), `${pki}/peer.key`);
  });
  it("CIS 2.5: lets peers in by certificate only", () => {
    assert.equal(flags.get("peer-client-cert-auth"), "true");
  });
  it("CIS 2.6: makes no certificates for peers itself", () => {
    assert.equal(flags.has("peer-auto-tls"), false);
  });
  it("CIS 2.7: trusts its own authority, not the cluster's", () => {
    assert.equal(flags.get("trusted-ca-file"), `${pki}/ca.crt`);
    assert.equal(flags.get("peer-trusted-ca-file"), `${pki}/ca.crt`);
  });
  it("listens without TLS on loopback only", () => {
    for (const name of ["listen-client-urls", "listen-peer-urls", "listen-metrics-urls"]) {
      for (const url of flags.get(name)?.split(",") ?? []) {
        assert.match(url, /^(https:\/\/|http:\/\/127\.0\.0\.1:)/, name);
      }
    }
    assert.equal(flags.get("listen-client-urls"), "https://10.77.5.10:2379,https://127.0.0.1:2379");
  });
  it("offers AEAD suites with forward secrecy only", () => {
    assert.equal(flags.get("tls-min-version"), "TLS1.2");
    const suites = flags.get("cipher-suites")?.split(",") ?? [];
    assert.ok(suites.length > 0, "without a list, Go's own suites count, those in CBC mode with them");
    assert.ok(suites.every((suite) => /^TLS_ECDHE_.*(_GCM_|_POLY1305_)/.test(suite)));
  });
  it("has the member's own address, and no list of members: what a join says would lose against it", () => {
    const second: EtcdPeer = { name: "control-plane-1", address: "10.77.5.11" };
    const ofTwo = mergeFragments({
      etcd: etcdMember({ member: second, members: [member, second], clusterToken: "test", artifacts }),
    });
    const unitOfTwo = unitOf(ofTwo, "etcd.service");
    assert.equal(unitOfTwo.flags().get("name"), "control-plane-1");
    assert.equal(unitOfTwo.flags().get("advertise-client-urls"), "https://10.77.5.11:2379");
    assert.equal(unitOfTwo.flags().get("initial-advertise-peer-urls"), "https://10.77.5.11:2380");
    assert.equal(unitOfTwo.flags().has("initial-cluster"), false);
  });
});

describe("the service etcd", () => {
  it("gets this unit", () => {
    const snapshots = keptSnapshots(member.address, { intervalHours: 12, keep: 5 });
    const whole = mergeFragments({ etcd: etcdMember(options), snapshots });
    assertGolden("etcd", contentsOf(whole));
  });
  it("runs in a sandbox under its own user and writes its data only", () => {
    assertSandboxed(unit, "etcd", "/var/lib/etcd");
  });
  it("does not start without the host firewall", () => {
    assert.equal(
      unit.all("Service", "ExecStartPre")[0],
      '+/bin/sh -c "/usr/sbin/nft list chain inet redoubt input >/dev/null"',
    );
  });
  it("starts only with data or by leave, which it asks itself in its sandbox, and which root takes away when it serves", () => {
    const [, asks] = unit.all("Service", "ExecStartPre");
    const takes = unit.service("ExecStartPost");
    assert.match(
      asks ?? "",
      /^\/bin\/sh -c "test -e \/var\/lib\/etcd\/member\/wal \|\| test -e \/run\/redoubt\/etcd-may-begin /,
    );
    assert.match(
      takes ?? "",
      /^-\+\/bin\/sh -c ".*\/var\/lib\/redoubt\/etcd-began; rm -f \/run\/redoubt\/etcd-may-begin"$/,
    );
  });
  it("CIS 1.1.11: has a data directory that only it enters", () => {
    assert.equal(plan.directories.find(({ path }) => path === "/var/lib/etcd")?.mode, "0700");
  });
  it("CIS 1.1.12: has a data directory of user and group etcd", () => {
    const data = plan.directories.find(({ path }) => path === "/var/lib/etcd");
    assert.deepEqual([data?.owner, data?.group], ["etcd", "etcd"]);
  });
});
