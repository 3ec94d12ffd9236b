import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { controllerManager } from "../../../components/control-plane/controller-manager";
import { joinParts } from "../../../components/control-plane/join-parts";
import { kubeApiserver, kubeApiserverFlags } from "../../../components/control-plane/kube-apiserver";
import { renderTokenFile, staticTokenFiles } from "../../../components/control-plane/static-tokens";
import { mergeFragments } from "../../../components/plan/merge";
import { contentsOf, controlPlaneArgs, unitOf } from "../../support/fixture-cluster";
import { assertGolden } from "../../support/golden";

const own = "/etc/kubernetes/kube-apiserver";

/** A control plane that lets every kind of login in. */
const everyWay = {
  ...controlPlaneArgs,
  advertiseAddress: "10.77.5.10",
  authentication: {
    serviceAccounts: {
      issuer: "https://id.example.org/shop",
      acceptedIssuers: ["https://kubernetes.default.svc.cluster.local", "https://old.example.org"],
      jwksUri: "https://id.example.org/shop/keys",
      maxTokenExpirationHours: 8,
    },
    staticTokens: { users: [{ name: "robot", groups: ["readers"] }] },
    bootstrapTokens: true,
    webhook: {
      server: "https://10.77.5.1:8443/authenticate",
      certificateAuthority: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      cacheTtlSeconds: 30,
    },
  },
};
const plan = mergeFragments({
  "kube-apiserver": kubeApiserver(everyWay),
  "kube-controller-manager": controllerManager(everyWay),
});
const flags = unitOf(plan, "kube-apiserver.service").flags();
const plain = mergeFragments({
  "kube-apiserver": kubeApiserver({ ...controlPlaneArgs, advertiseAddress: "10.77.5.10" }),
});

describe("an API server that lets every kind of login in", () => {
  it("gets these files", () => {
    const names = [`${own}/token-webhook.yaml`, "/etc/systemd/system/kube-apiserver.service"];
    const contents = contentsOf(plan);
    assertGolden("authentication", Object.fromEntries(names.map((name) => [name, contents[name] ?? ""])));
  });

  it("still refuses who has no name", () => {
    assert.equal(flags.get("anonymous-auth"), "false");
  });

  it("signs with one issuer and accepts the former ones, each by a flag of its own", () => {
    const issuers = kubeApiserverFlags(everyWay).filter((flag) =>
      flag.startsWith("--service-account-issuer="),
    );
    assert.deepEqual(issuers, [
      "--service-account-issuer=https://id.example.org/shop",
      "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
      "--service-account-issuer=https://old.example.org",
    ]);
  });

  it("gives no token of a service account for longer than it is told", () => {
    assert.equal(flags.get("service-account-max-token-expiration"), "8h");
    assert.equal(flags.get("service-account-extend-token-expiration"), "false");
  });

  it("asks the webhook in version 1, shows it a certificate of its own, and restarts when it is another", () => {
    assert.equal(flags.get("authentication-token-webhook-version"), "v1");
    const file = flags.get("authentication-token-webhook-config-file") ?? "";
    const config = parse(contentsOf(plan)[file] ?? "") as {
      clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
      users: { user: Record<string, string> }[];
    };
    assert.equal(config.clusters[0]?.cluster.server, "https://10.77.5.1:8443/authenticate");
    assert.equal("insecure-skip-tls-verify" in config.clusters[0].cluster, false);
    assert.deepEqual(config.users[0]?.user, {
      "client-certificate": `${own}/webhook-client.crt`,
      "client-key": `${own}/webhook-client.key`,
    });
    const unit = plan.units.find(({ name }) => name === "kube-apiserver.service");
    assert.ok(unit?.restartOn?.includes(file));
  });

  it("has expired bootstrap tokens removed, and nothing signed for callers without a name", () => {
    const controllers = unitOf(plan, "kube-controller-manager.service").flags().get("controllers");
    assert.equal(controllers, "*,-bootstrapsigner,tokencleaner");
  });

  it("leaves no token file behind when the last user of one is gone", () => {
    assert.equal(plan.absent.includes(`${own}/tokens.csv`), false);
    assert.equal(plain.absent.includes(`${own}/tokens.csv`), true);
  });
});

describe("an API server of a cluster that says nothing", () => {
  const names = [...unitOf(plain, "kube-apiserver.service").flags().keys()];
  for (const name of [
    "token-auth-file",
    "enable-bootstrap-token-auth",
    "authentication-token-webhook-config-file",
  ]) {
    it(`has no --${name}`, () => {
      assert.equal(names.includes(name), false);
      assert.equal(flags.has(name), true);
    });
  }
});

describe("the token file", () => {
  const users = [
    { name: "robot", uid: "42", groups: ["readers", "writers"] },
    { name: "ci", groups: [] },
    { name: "bot", groups: ["readers"] },
  ];
  const tokens = { robot: "t-robot", ci: "t-ci", bot: "t-bot" };

  it("has a line per user: token, name, UID and groups, in the order of names", () => {
    assert.equal(
      renderTokenFile(users, tokens),
      't-bot,bot,bot,readers\nt-ci,ci,ci\nt-robot,robot,42,"readers,writers"\n',
    );
  });

  it("is the API server's alone, which restarts when it changes", () => {
    const [file] = staticTokenFiles(users, tokens);
    assert.deepEqual(
      [file?.path, file?.owner, file?.mode],
      [flags.get("token-auth-file"), "kube-apiserver", "0600"],
    );
    assert.deepEqual(file?.restart, ["kube-apiserver.service"]);
    assert.deepEqual(staticTokenFiles([], {}), []);
  });

  it("is not made of users without tokens", () => {
    assert.throws(() => renderTokenFile(users, { robot: "t-robot" }), /user bot .* has no token/);
  });
});

describe("subjects of the API server", () => {
  it("are joined unless two give the same flag", () => {
    const part = { flags: { "anonymous-auth": false }, files: [] };
    assert.throws(() => joinParts([part, part]), /two subjects of the API server give --anonymous-auth/);
    assert.deepEqual(joinParts([part, { flags: {}, files: [], absent: ["/a"] }]), {
      ...part,
      absent: ["/a"],
    });
  });
});
