import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { describe, it } from "node:test";
import {
  bootstrapTokenSecret,
  newBootstrapToken,
  nodeBootstrapBinding,
  nodeBootstrappersGroup,
} from "../../../components/access/bootstrap-token";
import { NodeBootstrap } from "../../../components/access/node-bootstrap";
import { assertNamedUnderParents, ofType, recordStack } from "../../support/mocks";

const now = new Date("2026-11-24T10:00:00.123Z");

describe("a bootstrap token", () => {
  const token = newBootstrapToken(2, now, randomInt);

  it("has the form that Kubernetes wants, and ends after the hours asked for", () => {
    assert.match(token.id, /^[a-z0-9]{6}$/);
    assert.match(token.secret, /^[a-z0-9]{16}$/);
    assert.equal(token.expiration.toISOString(), "2026-11-24T12:00:00.123Z");
  });

  it("is another one every time", () => {
    assert.notEqual(newBootstrapToken(2, now, randomInt).secret, token.secret);
  });

  it("is a Secret that authenticates and does nothing else", () => {
    assert.deepEqual(bootstrapTokenSecret(token), {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: `bootstrap-token-${token.id}`, namespace: "kube-system" },
      type: "bootstrap.kubernetes.io/token",
      stringData: {
        "token-id": token.id,
        "token-secret": token.secret,
        expiration: "2026-11-24T12:00:00Z",
        "usage-bootstrap-authentication": "true",
        "auth-extra-groups": nodeBootstrappersGroup,
      },
    });
  });

  it("gives a group that Kubernetes lets tokens give", () => {
    assert.match(nodeBootstrappersGroup, /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/);
  });
});

describe("what a bearer of a bootstrap token may do", () => {
  it("is to ask for a node's certificate; nothing approves it", async () => {
    const recording = await recordStack(() => new NodeBootstrap("node-bootstrap"));
    const bindings = [
      ...ofType(recording, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding").values(),
    ];
    assert.equal(bindings.length, 1);
    assert.deepEqual(bindings[0]?.inputs["metadata"], { name: nodeBootstrapBinding });
    assert.deepEqual(bindings[0].inputs["roleRef"], {
      apiGroup: "rbac.authorization.k8s.io",
      kind: "ClusterRole",
      name: "system:node-bootstrapper",
    });
    assert.deepEqual(bindings[0].inputs["subjects"], [
      { apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: nodeBootstrappersGroup },
    ]);
    assertNamedUnderParents(recording, ["node-bootstrap"]);
  });
});
