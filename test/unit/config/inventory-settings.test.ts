import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseSettings } from "../../../components/config/settings";
import type { Settings } from "../../../components/config/schema";
import { hostKey, inventoryHosts, inventoryOf, somePrivateKey } from "../../support/fixture-inventory";

/** Every line of the error that a configuration gives; none when it is accepted. */
function problemsOf(raw: Record<string, unknown>): string[] {
  try {
    parseSettings(raw, "test");
    return [];
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message.split("\n").slice(1);
  }
}

const [alpha, beta] = inventoryHosts;
const bastion = { address: "bastion.example.org", user: "jump", hostKey: hostKey("bastion") };

/** A wrong configuration and what the user must read of it. */
const wrong: readonly (readonly [what: string, raw: Record<string, unknown>, message: RegExp])[] = [
  [
    "no hosts",
    { hosts: { provider: "inventory", operatorCidrs: ["192.0.2.0/24"] } },
    /redoubt:hosts\.inventory: is missing, and hosts\.provider is inventory\. Fix: list the hosts/,
  ],
  ["an empty list of hosts", { hosts: inventoryOf([]) }, /inventory\.hosts.*must name at least one host/],
  [
    "downloads by local machines",
    { hosts: { artifacts: "released" } },
    /redoubt:hosts\.artifacts.*local machines don't\. Fix: leave hosts\.artifacts out/,
  ],
  [
    "an inventory beside local machines",
    { hosts: { ...inventoryOf([alpha]), provider: "local" } },
    /redoubt:hosts\.inventory.*hosts\.provider is local\. Fix: set hosts\.provider to inventory/,
  ],
  [
    "nobody who may manage the hosts, which the firewall would lock out",
    { hosts: inventoryOf([alpha], { operatorCidrs: [] }) },
    /redoubt:hosts\.operatorCidrs: is missing: the firewall.*0\.0\.0\.0\/0 leaves SSH and the API open/,
  ],
  ["no control plane", { hosts: inventoryOf([beta]) }, /hosts\.inventory\.hosts: have no control plane/],
  [
    "two control planes",
    { hosts: inventoryOf([alpha, { ...beta, role: "control-plane" }]) },
    /\(control planes\) = 2: is even.*use 1 or 3/,
  ],
  [
    "one address for two hosts",
    { hosts: inventoryOf([alpha, { ...beta, address: alpha.address }]) },
    /hosts\[\]\.address = "192\.0\.2\.21": is that of alpha and beta/,
  ],
  [
    "one name for two hosts",
    { hosts: inventoryOf([alpha, { ...beta, name: "alpha" }]) },
    /hosts\[\]\.name = "alpha": is that of host 1 and host 2/,
  ],
  [
    "one host key for two hosts, whatever the comment",
    { hosts: inventoryOf([alpha, { ...beta, hostKey: `${alpha.hostKey} root@clone` }]) },
    /hosts\[\]\.hostKey = "ssh-ed25519 .*is that of alpha and beta\. Fix: a key that two hosts have proves neither/,
  ],
  [
    "pods of two hosts in one network, because their addresses end alike",
    { hosts: inventoryOf([alpha, { ...beta, address: "198.51.100.21" }]) },
    /hosts\[\]\.podCidr = "10\.244\.21\.0\/24": is that of alpha and beta\. Fix: set podCidr of one of them/,
  ],
  [
    "pods outside the pod network",
    { hosts: inventoryOf([{ ...alpha, podCidr: "10.9.0.0/24" }]) },
    /hosts\[\]\.podCidr = "10\.9\.0\.0\/24": of alpha is not in network\.podCidr/,
  ],
  [
    "pods in something else than a /24",
    { hosts: inventoryOf([{ ...alpha, podCidr: "10.244.0.0/23" }]) },
    /hosts\[\]\.podCidr = "10\.244\.0\.0\/23": of alpha is not a \/24/,
  ],
  [
    "an address outside the subnet",
    { hosts: inventoryOf([alpha], { subnet: "198.51.100.0/24" }) },
    /hosts\[\]\.address = "192\.0\.2\.21": of alpha is not in hosts\.subnet = 198\.51\.100\.0\/24/,
  ],
  [
    "an address among the pods",
    { hosts: inventoryOf([{ ...alpha, address: "10.244.7.1" }]) },
    /hosts\[\]\.address = "10\.244\.7\.1": of alpha is in network\.podCidr/,
  ],
  [
    "a host key that is none",
    { hosts: inventoryOf([{ ...alpha, hostKey: "SHA256:abc" }]) },
    /hosts\[0\]\.hostKey = "SHA256:abc": must be the ssh-ed25519 host key/,
  ],
  [
    "a host key of a kind that hardening retires",
    { hosts: inventoryOf([{ ...alpha, hostKey: "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ==" }]) },
    /hardening retires the others/,
  ],
  [
    "a host key that was cut off",
    { hosts: inventoryOf([{ ...alpha, hostKey: alpha.hostKey.slice(0, -1) }]) },
    /hosts\[0\]\.hostKey/,
  ],
  [
    "a bastion whose host key nobody pins",
    { hosts: inventoryOf([alpha], {}, { bastion: { address: "b.example.org", user: "jump" } }) },
    /inventory\.bastion\.hostKey/,
  ],
  [
    "a password that is not there",
    { hosts: inventoryOf([alpha], {}, { bootstrap: { authentication: "password" } }) },
    /redoubt:secrets\.bootstrapPassword: is missing.*Fix: run pulumi config set --secret --path redoubt:secrets\.bootstrapPassword/,
  ],
  [
    "a private key that is not there",
    { hosts: inventoryOf([alpha], {}, { bootstrap: { authentication: "privateKey" } }) },
    /redoubt:secrets\.bootstrapPrivateKey: is missing/,
  ],
  [
    "a bastion's private key that is not there",
    { hosts: inventoryOf([alpha], {}, { bastion: { ...bastion, authentication: "privateKey" } }) },
    /redoubt:secrets\.bastionPrivateKey: is missing/,
  ],
  [
    "a password that nothing asks for, without repeating it",
    { hosts: inventoryOf([alpha]), secrets: { bootstrapPassword: "hunter2" } },
    /redoubt:secrets\.bootstrapPassword = \[secret\]: is set, and nothing asks for it/,
  ],
  [
    "a private key that is none, without repeating it",
    { hosts: inventoryOf([alpha]), secrets: { bootstrapPrivateKey: "hunter2" } },
    /redoubt:secrets\.bootstrapPrivateKey = \[secret\]: must be a private key/,
  ],
  [
    "two public keys in one line's place",
    { hosts: { sshPublicKeys: ["ssh-ed25519 AAAA\nssh-ed25519 BBBB"] } },
    /sshPublicKeys\[0\].*must be one OpenSSH public key/,
  ],
];

describe("settings of an inventory", () => {
  for (const [what, raw, message] of wrong) {
    it(`refuse ${what}`, () => {
      const problems = problemsOf(raw);
      assert.ok(
        problems.some((line) => message.test(line)),
        `${String(message)} is not in:\n${problems.join("\n")}`,
      );
      for (const line of problems) {
        assert.match(line, /^ {2}- redoubt:.*\. Fix: ./);
        assert.doesNotMatch(line, /hunter2/);
      }
    });
  }

  it("speak of what is wrong in a block, and not of the whole block as missing", () => {
    const problems = problemsOf({ hosts: inventoryOf([{ ...alpha, hostKey: "SHA256:abc" }]) });
    assert.equal(problems.length, 1, problems.join("\n"));
  });

  const accept = (raw: Record<string, unknown>): Settings => parseSettings(raw, "test");

  it("need the hosts, and who may manage them", () => {
    const { hosts, pki } = accept({ hosts: inventoryOf(inventoryHosts) });
    assert.deepEqual(hosts.inventory?.bootstrap, { user: "root", authentication: "agent" });
    assert.equal(hosts.inventory.hosts[0]?.port, 22);
    assert.equal(pki.protect, true, "the authorities of hosts that stay are protected");
  });

  it("take a host key with its comment", () => {
    accept({ hosts: inventoryOf([{ ...alpha, hostKey: `${alpha.hostKey} root@alpha` }]) });
  });

  it("take addresses in the subnet, a bastion and the secrets that they ask for", () => {
    const inventory = {
      bootstrap: { user: "installer", authentication: "password" },
      bastion: { ...bastion, authentication: "privateKey" },
    };
    accept({
      hosts: inventoryOf(inventoryHosts, { subnet: "192.0.2.0/24" }, inventory),
      secrets: { bootstrapPassword: "hunter2 with spaces", bastionPrivateKey: somePrivateKey },
    });
  });

  it("need no secret when every host is adopted", () => {
    accept({ hosts: inventoryOf(inventoryHosts, {}, { bootstrap: { authentication: "adopted" } }) });
  });
});
