import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkKeyStep } from "../../../components/config/authentication-checks";
import { certificateProblems } from "../../../components/config/certificate-checks";
import { staticTokenRisk } from "../../../components/config/authentication-settings";
import type { Settings } from "../../../components/config/schema";
import { parseSettings } from "../../../components/config/settings";
import { issueTestIdentity } from "../../support/webhook-identity";

const tokenOf = (name: string): string => `${name}-${"0123456789abcdef".repeat(2)}`;
const webhook = issueTestIdentity("webhook", "127.0.0.1");

interface Ways {
  staticTokens?: object;
  serviceAccounts?: object;
  webhook?: object;
  bootstrapTokens?: unknown;
}

function read(authentication: Ways, tokens: Record<string, string> = {}, access: object = {}): Settings {
  return parseSettings({ authentication, secrets: { staticTokens: tokens }, access }, "test");
}

/** Every line of the error that a configuration gives; none when it is accepted. */
function problemsOf(...given: Parameters<typeof read>): string[] {
  try {
    read(...given);
    return [];
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message.split("\n").slice(1);
  }
}

function assertRefused(message: RegExp, ...given: Parameters<typeof read>): void {
  const problems = problemsOf(...given);
  assert.ok(
    problems.some((line) => message.test(line)),
    `${String(message)} is not in:\n${problems.join("\n")}`,
  );
  for (const line of problems) assert.match(line, /^ {2}- redoubt:.*\. Fix: ./);
}

const users = (...list: object[]): Ways => ({
  staticTokens: { acknowledgeRisk: staticTokenRisk, users: list },
});

describe("the settings of authentication", () => {
  it("let nobody in but by certificate and service account, when nothing is said", () => {
    const { authentication } = parseSettings({ network: { clusterDomain: "shop.example" } }, "test");
    assert.deepEqual(authentication, {
      staticTokens: { users: [] },
      bootstrapTokens: false,
      oidc: [],
      serviceAccounts: {
        issuer: "https://kubernetes.default.svc.shop.example",
        acceptedIssuers: [],
        discoveryGroups: [],
        maxTokenExpirationHours: 24,
        signingKey: 1,
        acceptedKeys: [1],
      },
    });
  });

  it("take static tokens of who has read what they cost", () => {
    const list = [{ name: "robot", uid: "42", groups: ["readers"] }, { name: "ci@example.org" }];
    const tokens = { robot: tokenOf("robot"), "ci@example.org": tokenOf("ci") };
    const { authentication } = read(users(...list), tokens);
    assert.deepEqual(authentication.staticTokens.users, [list[0], { ...list[1], groups: [] }]);
  });

  it("take a webhook with the authority of its server", () => {
    const server = "https://192.0.2.7:8443/authenticate";
    const { certificateAuthority } = webhook;
    const { authentication } = read({ webhook: { server, certificateAuthority } });
    assert.deepEqual(authentication.webhook, { server, certificateAuthority, cacheTtlSeconds: 120 });
  });
});

describe("static tokens are refused", () => {
  const a = { a: tokenOf("a") };

  it("without the acknowledgement, which the error spells out", () => {
    assertRefused(
      /acknowledgeRisk: is missing.*CIS 1\.2\.2.*static tokens never expire/,
      { staticTokens: { users: [{ name: "a" }] } },
      a,
    );
  });
  it("with another acknowledgement", () => {
    assertRefused(
      /acknowledgeRisk = "yes": must say, word by word/,
      { staticTokens: { acknowledgeRisk: "yes", users: [{ name: "a" }] } },
      a,
    );
  });
  it("for a user without a token, with the command that sets one", () => {
    assertRefused(/secrets\.staticTokens\.a: is missing.*config set --secret/, users({ name: "a" }));
  });
  it("for a token without a user", () => {
    assertRefused(/secrets\.staticTokens\.a: belongs to no user/, {}, a);
  });
  it("for a user twice", () => {
    assertRefused(/users = "a": is there twice/, users({ name: "a" }, { name: "a" }), a);
  });
  it("for a UID twice", () => {
    const both = { ...a, b: tokenOf("b") };
    assertRefused(
      /users = "7": is the UID of two/,
      users({ name: "a", uid: "7" }, { name: "b", uid: "7" }),
      both,
    );
    assertRefused(/users = "a": is the UID of two/, users({ name: "a" }, { name: "b", uid: "a" }), both);
  });
  it("for a user who has a certificate under the same name", () => {
    const access = { users: [{ name: "a", group: "people" }] };
    assertRefused(/users = "a": is a user of access\.users too/, users({ name: "a" }), a, access);
    assert.deepEqual(problemsOf(users({ name: "a" }), a, { users: [{ name: "b", group: "people" }] }), []);
  });
  for (const name of [
    "system:masters",
    "system:nodes",
    "redoubt:cluster-admins",
    "kube-apiserver-kubelet-client",
  ]) {
    it(`in ${name}, as a group and as a user`, () => {
      const message = new RegExp(`users = "${name}": is a name of the cluster's own`);
      assertRefused(message, users({ name: "a", groups: [name] }), a);
      assertRefused(message, users({ name }), { [name]: tokenOf("x") });
    });
  }
  it("not for a name that only looks like one of the cluster's", () => {
    assert.deepEqual(problemsOf(users({ name: "a", groups: ["systems", "redoubt-readers"] }), a), []);
  });
  it("for a token that two users share, without repeating it", () => {
    const tokens = { a: tokenOf("a"), b: tokenOf("a") };
    assertRefused(
      /secrets\.staticTokens\.b: is the token of a too/,
      users({ name: "a" }, { name: "b" }),
      tokens,
    );
    assert.doesNotMatch(problemsOf(users({ name: "a" }, { name: "b" }), tokens).join(), /0123456789abcdef/);
  });
  for (const [what, token] of [
    ["short", "0123456789abcdef0123456789abcde"],
    ["with a comma", `${tokenOf("a")},`],
    ["with a space", `${tokenOf("a")} `],
    ["of two lines", `${tokenOf("a")}\nadmin`],
  ] as const) {
    it(`that are malformed: ${what}`, () => {
      assertRefused(/secrets\.staticTokens\.a = \[secret\]: must/, users({ name: "a" }), { a: token });
    });
  }
  for (const name of ["a,b", 'a"b', "a b", "", "-a"]) {
    it(`for the name ${JSON.stringify(name)}`, () => {
      assertRefused(/users\[0\]\.name = .*: must begin with a letter/, users({ name }));
    });
  }
  it("for a group with a comma, which the file would read as two", () => {
    assertRefused(
      /users\[0\]\.groups\[0\] = "x,system:masters"/,
      users({ name: "a", groups: ["x,system:masters"] }),
      a,
    );
  });
});

describe("service accounts are refused", () => {
  const wrong: readonly (readonly [what: string, settings: object, message: RegExp])[] = [
    ["an issuer in clear", { issuer: "http://id.example.org" }, /issuer = "http:.*must be an https URL/],
    ["an issuer with a query", { issuer: "https://id.example.org?x" }, /issuer = .*must be an https URL/],
    ["a key list that is no set", { acceptedKeys: [1, 1] }, /acceptedKeys = 1: is there twice/],
    ["a key that signs and is not accepted", { signingKey: 2 }, /signingKey = 2: is not among acceptedKeys/],
    ["no key at all", { acceptedKeys: [] }, /acceptedKeys/],
    [
      "the issuer as a former one",
      { acceptedIssuers: ["https://kubernetes.default.svc.cluster.local"] },
      /acceptedIssuers = .*: is the issuer itself/,
    ],
    [
      "a former issuer twice",
      { acceptedIssuers: ["https://old.example.org", "https://old.example.org"] },
      /acceptedIssuers = .*: is there twice/,
    ],
    ["tokens for years", { maxTokenExpirationHours: 9000 }, /maxTokenExpirationHours = 9000/],
    [
      "discovery for everybody",
      { discoveryGroups: ["system:unauthenticated"] },
      /discoveryGroups = "system:unauthenticated": is a name of Kubernetes' own/,
    ],
  ];
  for (const [what, settings, message] of wrong) {
    it(what, () => {
      assertRefused(message, { serviceAccounts: settings });
    });
  }
});

describe("a step of the service account keys", () => {
  const stages = [
    { signingKey: 1, acceptedKeys: [1] },
    { signingKey: 1, acceptedKeys: [1, 2] },
    { signingKey: 2, acceptedKeys: [1, 2] },
    { signingKey: 2, acceptedKeys: [2] },
  ] as const;

  it("may be none, or the next stage, or back", () => {
    stages.forEach((stage, index) => {
      assert.deepEqual(checkKeyStep(stage, stage), []);
      const next = stages[index + 1];
      if (next !== undefined) assert.deepEqual(checkKeyStep(stage, next), []);
    });
    assert.deepEqual(checkKeyStep(stages[2], stages[1]), []);
  });

  it("must not let a key sign that is not accepted yet", () => {
    const [problem] = checkKeyStep(stages[0], stages[2]);
    assert.match(problem?.rule ?? "", /would sign before every API server accepts it/);
    assert.match(problem?.fix ?? "", /add 2 to acceptedKeys, keep signingKey at 1/);
  });

  it("must not drop the key that signs", () => {
    const [problem] = checkKeyStep(stages[1], stages[3]);
    assert.match(problem?.rule ?? "", /drops 1, which signs now/);
    assert.equal(checkKeyStep(stages[0], stages[3]).length, 2);
  });
});

describe("a webhook", () => {
  const { certificateAuthority } = webhook;
  const of = (authority: string, server = "https://192.0.2.7"): Ways => ({
    webhook: { server, certificateAuthority: authority },
  });

  it("is verified against one authority or several", () => {
    const two = certificateAuthority + issueTestIdentity("other").certificateAuthority;
    assert.deepEqual(problemsOf(of(two)), []);
  });
  it("is refused with its own certificate as authority", () => {
    assertRefused(/webhook\.certificateAuthority = .*"CN=webhook" is no authority/, of(webhook.certificate));
    assertRefused(/"CN=webhook" is no authority/, of(certificateAuthority + webhook.certificate));
  });
  it("is refused with an authority that has ended", () => {
    const inTwoDays = new Date(Date.now() + 2 * 24 * 3_600_000);
    const [problem] = certificateProblems(
      "authentication.webhook.certificateAuthority",
      certificateAuthority,
      inTwoDays,
    );
    assert.match(problem?.rule ?? "", /"CN=webhook-ca" expired/);
  });
  it("is refused with what is no certificate", () => {
    assertRefused(
      /certificateAuthority = .*: is damaged/,
      of("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    );
    assertRefused(
      /certificateAuthority = .*: holds no certificate in PEM/,
      of(certificateAuthority.slice(0, 100)),
    );
    assertRefused(/certificateAuthority = .*: holds no certificate in PEM/, of("/etc/ca.crt"));
  });
  it("is refused in clear", () => {
    assertRefused(/webhook\.server = "http:/, of(certificateAuthority, "http://192.0.2.7"));
  });
});
