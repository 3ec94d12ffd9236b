import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { stringify } from "yaml";
import { CoreDns, renderCorefile, type CoreDnsArgs } from "../../../components/network/coredns";
import type { AuthorityGenerations } from "../../../components/pki/authority-generations";
import { assertGolden } from "../../support/golden";
import { assertNamedUnderParents, ofType, recordStack } from "../../support/mocks";

const args: CoreDnsArgs = {
  image: "redoubt.local/coredns:1.0.0",
  clusterDomain: "cluster.local",
  clusterIp: "10.96.0.10",
  replicas: 2,
  upstreamResolvers: [],
};

describe("cluster DNS", () => {
  it("is these objects", async () => {
    const recording = await recordStack(() => new CoreDns("coredns", args));
    const objects = recording.resources.filter(({ custom }) => custom);
    const golden = objects.map(({ name, inputs }) => [`/${name}.yaml`, stringify(inputs)]);
    assertGolden("network/coredns", Object.fromEntries(golden) as Record<string, string>);
    assertNamedUnderParents(recording, ["coredns"]);
  });

  it("meets the Pod Security Standard restricted", async () => {
    const recording = await recordStack(() => new CoreDns("coredns", args));
    const deployment = ofType(recording, "kubernetes:apps/v1:Deployment").get("coredns-deployment");
    const { spec } = (deployment?.inputs["spec"] as { template: { spec: PodSpec } }).template;
    assert.equal(spec.securityContext.runAsNonRoot, true);
    assert.equal(spec.securityContext.seccompProfile.type, "RuntimeDefault");
    for (const { securityContext } of spec.containers) {
      assert.equal(securityContext.allowPrivilegeEscalation, false);
      assert.equal(securityContext.readOnlyRootFilesystem, true);
      assert.deepEqual(securityContext.capabilities, { drop: ["ALL"] });
    }
  });

  it("has new pods when another generation of the authorities issues, which then know whom to trust", async () => {
    const templateAt = async (authorities?: AuthorityGenerations): Promise<string> => {
      const recording = await recordStack(() => new CoreDns("coredns", { ...args, authorities }));
      const deployment = ofType(recording, "kubernetes:apps/v1:Deployment").get("coredns-deployment");
      return JSON.stringify((deployment?.inputs["spec"] as { template: object }).template);
    };
    const first = await templateAt();
    // While the next one is only announced, pods could be told too late.
    assert.equal(await templateAt({ issuing: 1, trusted: [1, 2] }), first);
    const second = await templateAt({ issuing: 2, trusted: [1, 2] });
    assert.notEqual(second, first);
    assert.equal(await templateAt({ issuing: 2, trusted: [2] }), second);
  });

  it("reads what it answers about, and no secret", async () => {
    const recording = await recordStack(() => new CoreDns("coredns", args));
    const role = ofType(recording, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole").get("coredns-role");
    const rules = role?.inputs["rules"] as { resources: string[]; verbs: string[] }[];
    assert.deepEqual(rules.flatMap(({ resources }) => resources).sort(), [
      "endpointslices",
      "namespaces",
      "services",
    ]);
    assert.ok(rules.every(({ verbs }) => verbs.every((verb) => verb === "list" || verb === "watch")));
  });

  it("asks nobody outside unless resolvers are configured", () => {
    assert.doesNotMatch(renderCorefile("cluster.local", []), /forward/);
    assert.match(
      renderCorefile("cluster.local", ["192.0.2.53", "192.0.2.54"]),
      /^ {4}forward \. 192\.0\.2\.53 192\.0\.2\.54$/m,
    );
  });

  it("tells no pod about the others, and answers for its own domain", () => {
    const corefile = renderCorefile("example.test", []);
    assert.match(corefile, /^ {4}kubernetes example\.test in-addr\.arpa ip6\.arpa \{$/m);
    assert.doesNotMatch(corefile, /pods (insecure|verified)/);
    assert.match(corefile, /^\.:1053 \{$/m);
  });
});

interface PodSpec {
  readonly securityContext: {
    readonly runAsNonRoot: boolean;
    readonly seccompProfile: { readonly type: string };
  };
  readonly containers: readonly {
    readonly securityContext: {
      readonly allowPrivilegeEscalation: boolean;
      readonly readOnlyRootFilesystem: boolean;
      readonly capabilities: unknown;
    };
  }[];
}
