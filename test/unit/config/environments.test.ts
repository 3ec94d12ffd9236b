import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { clusterLayout } from "../../../components/config/layout";
import { readSettings } from "../../../components/config/settings";
import type { Settings } from "../../../components/config/schema";

const root = path.join(__dirname, "..", "..", "..");
const fileSchema = z.looseObject({ config: z.record(z.string(), z.unknown()) });

/** The settings of an environment as Pulumi would hand them to the program. */
function settingsOf(stack: string): Settings {
  const file = fileSchema.parse(parse(readFileSync(path.join(root, `Pulumi.${stack}.yaml`), "utf8")));
  const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
  const get = (key: string): string | undefined => {
    const value = file.config[`redoubt:${key}`];
    return value === undefined ? undefined : text(value);
  };
  return readSettings({ get }, stack, () => false);
}

const shipped = ["local", "dev", "staging", "prod"] as const;
const all = Object.fromEntries(shipped.map((stack) => [stack, settingsOf(stack)])) as Record<
  (typeof shipped)[number],
  Settings
>;
const controlPlanes = (settings: Settings): number =>
  clusterLayout(settings).hosts.filter(({ role }) => role === "control-plane").length;

describe("the environments", () => {
  it("are these, each accepted as it stands, without a secret in clear", () => {
    for (const stack of shipped) assert.equal(all[stack].clusterName, stack);
  });

  it("name no host, address or key of another environment", () => {
    const inventories = shipped.flatMap((stack) => all[stack].hosts.inventory ?? []);
    assert.equal(inventories.length, 3);
    const known = inventories.flatMap(({ hosts }) => hosts);
    for (const field of ["name", "address", "hostKey"] as const) {
      assert.equal(new Set(known.map((host) => host[field])).size, known.length, field);
    }
  });

  it("survive the loss of a control plane in staging and prod", () => {
    assert.deepEqual(
      shipped.map((stack) => controlPlanes(all[stack])),
      [1, 1, 3, 3],
    );
  });

  it("protect their authorities where people depend on them", () => {
    assert.deepEqual(
      shipped.map((stack) => all[stack].pki.protect),
      [false, false, true, true],
    );
  });

  it("renew certificates in dev before staging, and there before prod", () => {
    const { dev, staging, prod } = all;
    assert.ok(dev.pki.leafValidityHours < staging.pki.leafValidityHours);
    assert.ok(staging.pki.leafValidityHours < prod.pki.leafValidityHours);
  });

  it("run in prod what staging runs: version, rules, and pods no freer", () => {
    const { staging, prod } = all;
    assert.equal(prod.kubernetes.version, staging.kubernetes.version);
    assert.deepEqual(prod.network.allow, staging.network.allow);
    assert.deepEqual(prod.namespaces, staging.namespaces);
  });

  it("let into prod one bastion by SSH, named callers to the API, and no developer to more than a look", () => {
    const { hosts, apiServer, access } = all.prod;
    assert.ok(hosts.inventory?.bastion);
    assert.match(hosts.operatorCidrs.join(), /^[\d.]+\/32$/);
    assert.ok(apiServer.allowedCidrs.length > 0 && !apiServer.allowedCidrs.includes("0.0.0.0/0"));
    const roles = access.roleBindings.filter(({ groups }) => groups.includes("app-developers"));
    assert.deepEqual(
      roles.map(({ role }) => role),
      ["viewer"],
    );
  });

  it("mark every waiver in dev, and have none in prod", () => {
    const waivers = (stack: string): number =>
      readFileSync(path.join(root, `Pulumi.${stack}.yaml`), "utf8").split("# WAIVER:").length - 1;
    assert.deepEqual(["dev", "staging", "prod"].map(waivers), [2, 0, 0]);
  });
});
