import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { authorizationProblems } from "../../../components/config/authorization-checks";
import { parseSettings } from "../../../components/config/settings";
import { issueTestIdentity } from "../../support/webhook-identity";

const identity = issueTestIdentity("reviewer", "10.0.0.1");
const webhook = { server: "https://10.0.0.1:8443/", certificateAuthority: identity.certificateAuthority };
const grant = { group: "auditors", namespace: "*", resource: "configmaps" };
const reason = "the first cluster of the course, thrown away every evening";
const later = "2999-12-31";

function problemsOf(authorizationMode: readonly string[], authorization: object): string[] {
  try {
    parseSettings({ apiServer: { authorizationMode }, authorization, namespaces: [{ name: "app" }] }, "test");
    return [];
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message.split("\n").slice(1);
  }
}

const standard = ["Node", "RBAC"];
const withAbac = [...standard, "ABAC"];
const withWebhook = [...standard, "Webhook"];

describe("authorization that is accepted", () => {
  for (const [what, modes, settings] of [
    ["the default", standard, {}],
    ["RBAC before Node", ["RBAC", "Node"], {}],
    ["all modes at once", [...withAbac, "Webhook"], { abac: [grant], webhook }],
    [
      "a grant to a user in a group, in one namespace",
      withAbac,
      { abac: [{ user: "u", group: "g", namespace: "app", resource: "pods", readonly: false }] },
    ],
    ["a grant of a path", withAbac, { abac: [{ user: "u", nonResourcePath: "/version" }] }],
    [
      "every right in one namespace",
      withAbac,
      { abac: [{ ...grant, namespace: "app", resource: "*", apiGroup: "*", readonly: false }] },
    ],
    [
      "a webhook before RBAC that is not asked about the cluster's own",
      ["Node", "Webhook", "RBAC"],
      { webhook: { ...webhook, matchConditions: ["!('system:nodes' in request.groups)"] } },
    ],
    [
      "a mode left out for a reason and a time",
      ["RBAC"],
      { waivers: [{ waives: "Node", reason, until: later }] },
    ],
    [
      "NoOpinion for a reason and a time",
      withWebhook,
      {
        webhook: { ...webhook, failurePolicy: "NoOpinion" },
        waivers: [{ waives: "NoOpinion", reason, until: later }],
      },
    ],
  ] as const) {
    it(`is ${what}`, () => {
      assert.deepEqual(problemsOf(modes, settings), []);
    });
  }
});

describe("authorization that is refused", () => {
  for (const [what, modes, settings, message] of [
    [
      "AlwaysAllow",
      [...standard, "AlwaysAllow"],
      {},
      /authorizationMode\[2\] = "AlwaysAllow": must be one of Node, RBAC, ABAC, Webhook; AlwaysAllow is never accepted \(CIS 1\.2\.6\)/,
    ],
    ["AlwaysDeny", [...standard, "AlwaysDeny"], {}, /authorizationMode\[2\] = "AlwaysDeny": must be one of/],
    ["a mode twice", [...standard, "RBAC"], {}, /names RBAC twice\. Fix: name each mode once/],
    ["no mode", [], {}, /authorizationMode/],
    [
      "no Node",
      ["RBAC"],
      {},
      /leaves out Node \(CIS 1\.2\.7\)\. Fix: add Node, or an entry of authorization\.waivers/,
    ],
    ["no RBAC", ["Node"], {}, /leaves out RBAC \(CIS 1\.2\.8\)/],
    ["ABAC without grants", withAbac, {}, /names ABAC, and authorization\.abac is not set/],
    [
      "grants without ABAC",
      standard,
      { abac: [grant] },
      /leaves out ABAC, and authorization\.abac is set: nobody would read it\. Fix: add ABAC/,
    ],
    ["Webhook without its server", withWebhook, {}, /names Webhook, and authorization\.webhook is not set/],
    ["a server without Webhook", standard, { webhook }, /leaves out Webhook/],
    [
      "a field of a grant that does not exist",
      withAbac,
      { abac: [{ ...grant, verbs: ["get"] }] },
      /authorization\.abac\[0\]\.verbs = \["get"\]: is no setting/,
    ],
    [
      "a grant to nobody",
      withAbac,
      { abac: [{ resource: "pods" }] },
      /abac\[0\]: names neither user nor group/,
    ],
    [
      "a grant to every user",
      withAbac,
      { abac: [{ ...grant, group: undefined, user: "*" }] },
      /abac\[0\] = "\*": gives it to everybody/,
    ],
    [
      "a grant to every group",
      withAbac,
      { abac: [{ ...grant, group: "*" }] },
      /abac\[0\] = "\*": gives it to everybody/,
    ],
    [
      "a grant to all who logged in",
      withAbac,
      { abac: [{ ...grant, group: "system:authenticated" }] },
      /abac\[0\] = "system:authenticated": is a name of the cluster's own/,
    ],
    [
      "a grant to all who did not",
      withAbac,
      { abac: [{ ...grant, group: "system:unauthenticated" }] },
      /"system:unauthenticated": is a name/,
    ],
    [
      "a grant to a component",
      withAbac,
      { abac: [{ ...grant, group: undefined, user: "system:kube-scheduler" }] },
      /"system:kube-scheduler": is a name/,
    ],
    [
      "a grant to the cluster's administrators",
      withAbac,
      { abac: [{ ...grant, group: "redoubt:cluster-admins" }] },
      /"redoubt:cluster-admins": is a name/,
    ],
    [
      "every right on everything",
      withAbac,
      { abac: [{ ...grant, resource: "*", readonly: false }] },
      /gives every right on everything.*Fix: bind cluster-admin in access\.roleBindings/,
    ],
    [
      "every right on what lies in no namespace, roles and bindings among it",
      withAbac,
      { abac: [{ group: "auditors", resource: "*", apiGroup: "*", readonly: false }] },
      /gives every right on everything/,
    ],
    [
      "reading everything, secrets included",
      withAbac,
      { abac: [{ ...grant, resource: "*", apiGroup: "*" }] },
      /reads everything, secrets too, and runs commands in every pod by nodes\/proxy/,
    ],
    [
      "nodes, whose proxy is a subresource",
      withAbac,
      { abac: [{ group: "auditors", resource: "nodes" }] },
      /gives nodes\/proxy too, by which commands run in every pod\. Fix: bind cluster-reader/,
    ],
    [
      "pods of every namespace, whose exec is a subresource",
      withAbac,
      { abac: [{ group: "auditors", resource: "pods", namespace: "*" }] },
      /gives pods\/exec and pods\/proxy too, by which commands run in every pod/,
    ],
    [
      "services of every namespace, whose proxy is a subresource",
      withAbac,
      { abac: [{ group: "auditors", resource: "services", namespace: "*" }] },
      /gives services\/proxy too, which reaches every pod past its policies/,
    ],
    [
      "what lies in namespaces without one, which is every list of all of them",
      withAbac,
      { abac: [{ group: "auditors", resource: "secrets" }] },
      /= "secrets": lies in namespaces, and without one the entry gives every list/,
    ],
    [
      "a resource and a path",
      withAbac,
      { abac: [{ ...grant, nonResourcePath: "/x" }] },
      /names both a resource and a path/,
    ],
    [
      "neither a resource nor a path",
      withAbac,
      { abac: [{ user: "u" }] },
      /names neither resource nor nonResourcePath/,
    ],
    [
      "a path in a namespace",
      withAbac,
      { abac: [{ user: "u", nonResourcePath: "/x", namespace: "app" }] },
      /has a namespace or apiGroup/,
    ],
    [
      "a namespace that is not there",
      withAbac,
      { abac: [{ ...grant, namespace: "ap" }] },
      /= "ap": is no namespace of the stack/,
    ],
    [
      "a grant twice",
      withAbac,
      { abac: [grant, { ...grant }] },
      /abac\[1\]: says the same as authorization\.abac\[0\]/,
    ],
    [
      "a webhook without TLS",
      withWebhook,
      { webhook: { ...webhook, server: "http://10.0.0.1/" } },
      /webhook\.server.*must be an https URL/,
    ],
    [
      "a webhook's authority that is none",
      withWebhook,
      { webhook: { ...webhook, certificateAuthority: identity.certificate } },
      /is no authority/,
    ],
    [
      "a webhook's authority that is damaged",
      withWebhook,
      {
        webhook: {
          ...webhook,
          certificateAuthority: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        },
      },
      /certificateAuthority.*is damaged/,
    ],
    [
      "a webhook that nodes wait for",
      ["Webhook", ...standard],
      { webhook },
      /asks the webhook before Node: nodes and controllers would stop when it does\. Fix: put Webhook last/,
    ],
    [
      "a webhook that controllers wait for",
      ["Node", "Webhook", "RBAC"],
      { webhook },
      /asks the webhook before RBAC/,
    ],
    [
      "NoOpinion without a waiver",
      withWebhook,
      { webhook: { ...webhook, failurePolicy: "NoOpinion" } },
      /failurePolicy = "NoOpinion": lets modes after it decide/,
    ],
    [
      "a condition twice",
      withWebhook,
      { webhook: { ...webhook, matchConditions: ["true", "true"] } },
      /matchConditions = "true": is there twice/,
    ],
    [
      "a waiver without a reason",
      ["RBAC"],
      { waivers: [{ waives: "Node", reason: "because", until: later }] },
      /waivers\[0\]\.reason = "because": must say why/,
    ],
    ["a waiver without an end", ["RBAC"], { waivers: [{ waives: "Node", reason }] }, /waivers\[0\]\.until/],
    [
      "a waiver that ended",
      ["RBAC"],
      { waivers: [{ waives: "Node", reason, until: "2020-01-01" }] },
      /waivers\[0\] = "2020-01-01": ended, and with it the exception for Node/,
    ],
    [
      "a waiver of what is there",
      standard,
      { waivers: [{ waives: "Node", reason, until: later }] },
      /waives what needs no waiver\. Fix: remove it/,
    ],
  ] as const) {
    it(`is ${what}`, () => {
      const problems = problemsOf(modes, settings);
      assert.ok(
        problems.some((line) => message.test(line)),
        `${String(message)} is not in:\n${problems.join("\n")}`,
      );
      for (const line of problems) assert.match(line, /^ {2}- redoubt:.*\. Fix: ./);
    });
  }
});

describe("a waiver", () => {
  const settings = parseSettings(
    {
      apiServer: { authorizationMode: ["RBAC"] },
      authorization: { waivers: [{ waives: "Node", reason, until: later }] },
    },
    "test",
  );

  it("counts to the end of its last day, and no longer", () => {
    assert.deepEqual(authorizationProblems(settings, new Date(`${later}T23:59:59Z`)), []);
    const [problem] = authorizationProblems(settings, new Date("3000-01-01T00:00:00Z"));
    assert.match(problem?.rule ?? "", /^ended/);
  });
});
