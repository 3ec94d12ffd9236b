import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { checkConfigurations } from "../../policies/configuration";
import { ownPolicies, packPolicies } from "../../policies/pack";
import { waiverSchema } from "../../policies/waivers";
import { judge, type TestResource, type Verdict } from "./judge";
import { command, scripts } from "./scripts";

const longLived: TestResource = {
  type: "tls:index/selfSignedCert:SelfSignedCert",
  name: "old-certificate",
  inputs: { allowedUses: ["client_auth"], validityPeriodHours: 20000 },
};
const openNamespace: TestResource = {
  type: "kubernetes:core/v1:Namespace",
  name: "network-app",
  inputs: { metadata: { name: "app" } },
};
const waiver = {
  rule: "certificates-lifetime",
  resource: "old-certificate",
  reason: "the vendor's appliance can't renew, ticket 4711",
  until: "2027-01-31",
};
const lastMoment = Date.parse("2027-01-31T23:59:59Z");

function run(resources: readonly TestResource[], list: readonly object[], now = lastMoment): Verdict[] {
  return judge(resources, { config: { [ownPolicies.waivers]: { list } }, now: () => now });
}
const of = (verdicts: readonly Verdict[], policy: string): string[] =>
  verdicts.filter((verdict) => verdict.policy === policy).map(({ message }) => message);

describe("A waiver", () => {
  it("excuses its rule for its resource to the end of its last day, and every run tells of it", () => {
    const verdicts = run([longLived], [waiver]);
    assert.deepEqual(of(verdicts, "certificates-lifetime"), []);
    assert.deepEqual(of(verdicts, ownPolicies.waivers), []);
    assert.deepEqual(of(verdicts, ownPolicies.waived), [
      "certificates-lifetime is waived for old-certificate until 2027-01-31: the vendor's appliance can't renew, ticket 4711",
    ]);
  });
  it("fails from the next moment on, and so does what it excused", () => {
    const verdicts = run([longLived], [waiver], lastMoment + 1000);
    assert.equal(of(verdicts, "certificates-lifetime").length, 1);
    assert.match(of(verdicts, ownPolicies.waivers).join(), /ended on 2027-01-31 .*ticket 4711.*Fix: /);
  });
  it("excuses no other resource", () => {
    const other = { ...longLived, name: "other-certificate" };
    const left = run([longLived, other], [waiver]).filter(({ policy }) => policy === "certificates-lifetime");
    assert.deepEqual(
      left.map(({ resource }) => resource),
      ["other-certificate"],
    );
  });
  it("excuses no other rule", () => {
    const both = {
      ...longLived,
      inputs: { ...longLived.inputs, allowedUses: ["client_auth", "cert_signing"] },
    };
    assert.equal(of(run([both], [waiver]), "certificates-usages").length, 1);
  });
  it("may name the URN, or an object of the cluster", () => {
    const urn = "urn:pulumi:test::redoubt::tls:index/selfSignedCert:SelfSignedCert::old-certificate";
    assert.deepEqual(of(run([longLived], [{ ...waiver, resource: urn }]), "certificates-lifetime"), []);
    const namespace = { ...waiver, rule: "network-default-deny", resource: "namespace/app" };
    const verdicts = run([openNamespace], [namespace]);
    assert.deepEqual(of(verdicts, "network-default-deny"), []);
    assert.deepEqual(of(verdicts, ownPolicies.waivers), []);
  });
  it("may name an object by its kind and name, whatever its resource is called", () => {
    const role = (name: string): TestResource => ({
      type: "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
      name: `roles-${name}`,
      inputs: { metadata: { name }, rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["get"] }] },
    });
    const all = { ...waiver, rule: "authorization-wildcard-role", resource: "clusterrole/backup" };
    const verdicts = run([role("backup"), role("other")], [all]);
    assert.deepEqual(
      verdicts.filter(({ policy }) => policy === all.rule).map(({ resource }) => resource),
      ["roles-other"],
    );
    assert.deepEqual(of(verdicts, ownPolicies.waivers), []);
  });
  it("may name an object that a host applies, and is spoken of when that needs none", () => {
    const masters = { ...waiver, rule: "authorization-authenticated-binding" };
    const resource = "clusterrolebinding/redoubt:cluster-admins";
    const verdicts = run([command("ApplyPlan", scripts.controlPlane)], [{ ...masters, resource }]);
    assert.deepEqual(of(verdicts, ownPolicies.waivers), []);
    assert.match(of(verdicts, ownPolicies.waived).join(), /nothing needs it/);
  });
  it("of a rule that does not exist is an error, before anything is made", () => {
    const verdicts = run([longLived], [{ ...waiver, rule: "certificates-lifetimes" }]);
    assert.deepEqual(
      verdicts.filter(({ policy }) => policy === ownPolicies.waivers).map(({ resource }) => resource),
      ["redoubt-test"],
    );
    assert.match(of(verdicts, ownPolicies.waivers).join(), /there is no such rule/);
  });
  it("of a resource that does not exist is an error", () => {
    const verdicts = run([longLived], [{ ...waiver, resource: "old-certificates" }]);
    assert.match(of(verdicts, ownPolicies.waivers).join(), /the stack has no such resource/);
    assert.equal(of(verdicts, "certificates-lifetime").length, 1);
  });
  it("with a day that is none is an error", () => {
    assert.match(
      of(run([longLived], [{ ...waiver, until: "2027-02-31" }]), ownPolicies.waivers).join(),
      /no day/,
    );
  });
  it("that nothing needs is spoken of", () => {
    const mended = { ...longLived, inputs: { ...longLived.inputs, validityPeriodHours: 24 } };
    assert.match(of(run([mended], [waiver]), ownPolicies.waived).join(), /nothing needs it/);
  });
  it("must have a reason and an end: the engine refuses the configuration otherwise", () => {
    const { items } = waiverSchema.properties["list"] ?? {};
    assert.deepEqual((items as { required?: string[] }).required, ["rule", "resource", "reason", "until"]);
  });
});

/** Hands a check a folder with one configuration. */
function withFile(name: string, content: object, check: (folder: string) => void): void {
  const folder = mkdtempSync(path.join(tmpdir(), "policies-"));
  try {
    writeFileSync(path.join(folder, name), JSON.stringify(content));
    check(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("The configuration of environments", () => {
  const names = new Set(packPolicies().map(({ name }) => name));
  const own = Object.values(ownPolicies);
  const refused = (content: object, message: RegExp): void => {
    withFile("prod.json", content, (folder) => {
      assert.throws(() => {
        checkConfigurations(names, own, folder);
      }, message);
    });
  };
  const accepted = (content: object): void => {
    withFile("prod.json", content, (folder) => {
      checkConfigurations(names, own, folder);
    });
  };

  it("names only policies that there are, and turns none of the pack's own off", () => {
    checkConfigurations(names, own);
  });
  it("may name all of them at once", () => {
    accepted({ all: "mandatory", "hosts-root-login": "mandatory" });
  });
  it("is refused with every name that no policy bears", () => {
    refused(
      { "hosts-root-logins": "advisory", waiver: {} },
      /prod\.json: there is no policy hosts-root-logins\. Fix: .*there is no policy waiver\. Fix: /,
    );
  });
  it("may turn rules off, but not what the pack keeps its books with", () => {
    accepted({ "hosts-root-login": "disabled" });
    for (const name of own) {
      refused({ [name]: "disabled" }, new RegExp(`prod\\.json: ${name} is disabled.*Fix: take ${name} out`));
      refused({ [name]: { enforcementLevel: "disabled" } }, new RegExp(`${name} is disabled`));
    }
    refused({ all: "disabled" }, /all is disabled, and so is undecided\. Fix: /);
    accepted({
      all: "disabled",
      secretness: "remediate",
      waivers: "mandatory",
      waived: "advisory",
      undecided: "advisory",
    });
  });
});

describe("What an environment loosens", () => {
  const told = (configuration: object): string[] => {
    let lines: string[] = [];
    withFile("test.json", configuration, (folder) => {
      lines = of(judge([], { folder }), ownPolicies.waived);
    });
    return lines;
  };

  it("is told in every run: each level below the rule's own", () => {
    assert.deepEqual(told({ "hosts-root-login": "advisory", "controllers-pod-gc": "disabled" }), [
      "hosts-root-login is advisory here, not mandatory",
      "controllers-pod-gc is disabled here, not advisory",
    ]);
    assert.deepEqual(told({ "certificates-lifetime": { enforcementLevel: "disabled" } }), [
      "certificates-lifetime is disabled here, not mandatory",
    ]);
  });
  it("is told in one line where all rules have that level", () => {
    const [line, ...others] = told({ all: "advisory", "hosts-root-login": "mandatory" });
    assert.match(line ?? "", /^\d+ rules without a level in the configuration are advisory here/);
    assert.deepEqual(others, []);
  });
  it("is told of every limit beyond its default, in whichever direction that lies", () => {
    assert.deepEqual(
      told({
        "certificates-lifetime": { maxLeafHours: 9000, maxAuthorityHours: 100 },
        "certificates-key-strength": { minRsaBits: 2048 },
        "authorization-masters-certificate": { allowedCommonNames: ["redoubt:super-admin", "jane"] },
      }),
      [
        "certificates-lifetime: maxLeafHours is 9000 here, not 8760",
        "certificates-key-strength: minRsaBits is 2048 here, not 3072",
        "authorization-masters-certificate: allowedCommonNames has jane beside its default",
      ],
    );
  });
  it("is nothing where an environment is as strict as the rules, or stricter", () => {
    assert.deepEqual(told({ all: "mandatory", "certificates-lifetime": { maxLeafHours: 24 } }), []);
    assert.deepEqual(told({}), []);
  });
});
