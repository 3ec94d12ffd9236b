import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { parse } from "yaml";
import {
  dex,
  renderDexConfig,
  withoutDex,
  type IdentityProviderOptions,
} from "../../../components/access/dex";
import { dexEgress, renderDexEgress } from "../../../components/access/dex-egress";
import { mergeFragments } from "../../../components/plan/merge";
import { artifacts, contentsOf, unitOf } from "../../support/fixture-cluster";
import { assertGolden } from "../../support/golden";
import {
  hash,
  identityProvider,
  identityProviderSecrets as secrets,
  ldapOptions,
} from "../../support/identity-fixtures";
import { assertSandboxed } from "../../support/unit-file";

const apiServerAddress = "10.77.5.10";
const plan = mergeFragments({
  dex: dex({ options: identityProvider, apiServerAddress, artifacts }),
  egress: dexEgress({ apiServerAddress, ldap: ldapOptions }),
});
const unit = unitOf(plan, "dex.service");

interface DexConfig {
  readonly storage: unknown;
  readonly web: Readonly<Record<string, unknown>>;
  readonly oauth2: { readonly grantTypes: string[]; readonly passwordConnector: string };
  readonly expiry: unknown;
  readonly staticClients: unknown;
  readonly staticPasswords?: unknown;
  readonly enablePasswordDB?: boolean;
  readonly connectors: { readonly config: Readonly<Record<string, unknown>> }[];
}
const configOf = (options: IdentityProviderOptions): DexConfig =>
  parse(renderDexConfig(options, secrets)) as DexConfig;
const config = configOf(identityProvider);

describe("the files of Dex on a host", () => {
  it("are those that lie in test/golden/access/dex", () => {
    assertGolden("access/dex", {
      ...contentsOf(plan),
      "/etc/dex/config.yaml": renderDexConfig(identityProvider, secrets),
    });
  });

  it("hold no secret: that one travels apart", () => {
    const text = JSON.stringify(plan);
    assert.ok(!text.includes(hash));
    assert.ok(!text.includes(secrets.ldapBindPassword ?? ""));
  });
});

describe("the configuration of Dex", () => {
  it("keeps sessions and keys in the cluster, where a restart finds them", () => {
    assert.deepEqual(config.storage, {
      type: "kubernetes",
      config: { kubeConfigFile: "/etc/dex/kubeconfig" },
    });
  });

  it("speaks TLS and nothing else", () => {
    assert.equal(config.web["http"], undefined);
    assert.equal(config.web["https"], "0.0.0.0:5556");
    assert.equal(config.web["tlsMinVersion"], "1.2");
  });

  it("knows static users by name and hash; another password is another id, by which a login is no more renewed", () => {
    assert.equal(config.enablePasswordDB, true);
    const id = createHash("sha256").update(hash).digest("hex").slice(0, 16);
    assert.deepEqual(config.staticPasswords, [
      { email: "alice", username: "alice", userID: `alice-${id}`, hash },
      { email: "bob", username: "bob", userID: `bob-${id}`, hash },
    ]);
  });

  it("has no password database without static users", () => {
    const without = configOf({ ...identityProvider, staticUsers: [], passwordConnector: "ldap" });
    assert.equal(without.enablePasswordDB, undefined);
    assert.equal(without.staticPasswords, undefined);
  });

  it("verifies the directory by its authority, and logs in to search", () => {
    const directory = config.connectors[0]?.config ?? {};
    assert.equal(directory["host"], "ldap.example.org:636");
    assert.equal(
      Buffer.from(String(directory["rootCAData"]), "base64").toString(),
      ldapOptions.certificateAuthority,
    );
    assert.equal(directory["bindDN"], "cn=dex,dc=example,dc=org");
    assert.equal(directory["insecureNoSSL"], undefined);
    assert.equal(directory["insecureSkipVerify"], undefined);
    assert.equal(directory["startTLS"], false);
  });

  it("begins in clear only to turn to TLS", () => {
    const startTls = configOf({
      ...identityProvider,
      ldap: { ...ldapOptions, security: "startTLS", port: 389 },
    });
    assert.equal(startTls.connectors[0]?.config["startTLS"], true);
    assert.equal(startTls.connectors[0].config["insecureNoSSL"], undefined);
  });

  it("gives codes to the page of the device grant and to nobody else", () => {
    assert.deepEqual(config.staticClients, [
      { id: "redoubt", name: "Kubernetes", public: true, redirectURIs: ["/device/callback"] },
    ]);
    assert.deepEqual(config.oauth2.grantTypes.length, 4);
    assert.ok(!config.oauth2.grantTypes.some((grant) => /implicit|token-exchange/.test(grant)));
  });

  it("lets logins end", () => {
    assert.deepEqual(config.expiry, {
      idTokens: "15m",
      refreshTokens: { validIfNotUsedFor: "24h0m0s", absoluteLifetime: "168h0m0s" },
    });
  });

  it("is not made of half the secrets", () => {
    assert.throws(
      () => renderDexConfig(identityProvider, { ...secrets, passwordHashes: { alice: hash } }),
      /bob has no password/,
    );
    assert.throws(
      () => renderDexConfig(identityProvider, { passwordHashes: secrets.passwordHashes }),
      /bindDN has no password/,
    );
  });
});

describe("the service dex", () => {
  it("is sandboxed, under its own user, and writes nowhere", () => {
    assertSandboxed(unit, "dex", "");
  });

  it("does not run without its rules for what it sends", () => {
    assert.deepEqual(unit.all("Unit", "Requires"), ["redoubt-dex-egress.service"]);
    assert.ok(unit.all("Unit", "After").includes("redoubt-dex-egress.service"));
  });

  it("asks no DNS: names of the directory are in a file of its own", () => {
    assert.equal(unit.service("BindReadOnlyPaths"), "/etc/dex/hosts:/etc/hosts");
    assert.equal(
      contentsOf(plan)["/etc/dex/hosts"],
      "127.0.0.1 localhost\n192.0.2.7 ldap.example.org\n192.0.2.8 ldap.example.org\n",
    );
  });

  it("names no host for a directory that is reached by address", () => {
    const ldap = { ...ldapOptions, host: "192.0.2.7", addresses: ["192.0.2.7"] };
    const options = { ...identityProvider, ldap };
    const files = contentsOf(mergeFragments({ dex: dex({ options, apiServerAddress, artifacts }) }));
    assert.equal(files["/etc/dex/hosts"], "127.0.0.1 localhost\n");
  });
});

describe("what Dex may send", () => {
  const rules = renderDexEgress({ apiServerAddress, ldap: ldapOptions });
  const accepted = [...rules.matchAll(/ip daddr (\S+) tcp dport (\d+) accept/g)].map(
    ([, address, port]) => `${address}:${port}`,
  );

  it("is answers, its store and its directory, and nothing else", () => {
    assert.deepEqual(accepted, ["10.77.5.10:6443", "192.0.2.7:636", "192.0.2.8:636"]);
    assert.match(rules, /chain dex \{\n\t\tct state established,related accept\n/);
    assert.match(rules, /reject with icmpx type admin-prohibited\n\t\}/);
  });

  it("is its store alone without a directory", () => {
    assert.equal([...renderDexEgress({ apiServerAddress }).matchAll(/dport/g)].length, 1);
  });

  it("concerns Dex's user and leaves everybody else alone", () => {
    assert.match(rules, /policy accept;\n\t\tmeta skuid dex jump dex\n\t\}/);
  });

  it("is a table of its own", () => {
    assert.doesNotMatch(rules, /flush ruleset/);
    assert.deepEqual(
      [...rules.matchAll(/(?:delete )?table (\S+ \S+)/g)].map(([, table]) => table),
      Array(3).fill("inet redoubt_dex"),
    );
  });
});

describe("a host without Dex", () => {
  it("runs nothing of it and keeps no secret of it", () => {
    const { absent, units = [] } = withoutDex();
    assert.deepEqual(absent, ["/etc/dex"]);
    assert.deepEqual(
      units.map(({ name, state }) => `${name} ${state}`),
      ["dex.service stopped", "redoubt-dex-egress.service stopped"],
    );
  });
});
