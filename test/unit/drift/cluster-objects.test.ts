import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compareObjects, restoration } from "../../../drift/cluster-objects";
import type { KubernetesObject, RecordedObject } from "../../../drift/stack-state";

const policy = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "default-deny", namespace: "app", uid: "1", resourceVersion: "10", labels: { a: "b" } },
  spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
};
const recorded: RecordedObject = {
  urn: "urn:policy",
  object: policy,
  inputs: {
    metadata: { name: "default-deny", annotations: { note: "mine", "pulumi.com/skipAwait": "true" } },
  },
};
/** As the cluster has it later: another version, and what controllers add. */
const live = {
  ...policy,
  metadata: {
    ...policy.metadata,
    resourceVersion: "20",
    managedFields: [{}],
    annotations: { "controller/revision": "3" },
  },
  status: { conditions: [] },
};
const withAnnotation = { ...live, metadata: { ...live.metadata, annotations: { note: "mine" } } };
const noted: RecordedObject = {
  ...recorded,
  object: { ...policy, metadata: { ...policy.metadata, annotations: { note: "mine" } } },
};

function compare(object: KubernetesObject | undefined, item: RecordedObject = recorded): string[] {
  return compareObjects([item], object === undefined ? [] : [object]).flatMap(({ subject, found, diff }) => [
    `${subject}: ${found}`,
    ...diff,
  ]);
}

describe("an object of the program", () => {
  it("is as it was recorded, whatever the cluster keeps in it", () => {
    assert.deepEqual(compareObjects([{ ...recorded, inputs: {} }], [live]), []);
    assert.deepEqual(compare(withAnnotation, noted), []);
  });

  it("is found when it was deleted", () => {
    assert.deepEqual(compare(undefined), ["NetworkPolicy app/default-deny: was deleted"]);
  });

  it("of the same name in another namespace is another", () => {
    const elsewhere = { ...live, metadata: { ...live.metadata, namespace: "other" } };
    assert.deepEqual(compare(elsewhere), ["NetworkPolicy app/default-deny: was deleted"]);
  });

  it("is found by a field that somebody added, which the program never named", () => {
    assert.deepEqual(
      compare({ ...live, spec: { ...live.spec, ingress: [{}] } }, { ...recorded, inputs: {} }),
      ["NetworkPolicy app/default-deny: spec.ingress is [{}]", "+spec.ingress: [{}]"],
    );
  });

  it("is found by an item of a list", () => {
    assert.deepEqual(
      compare(
        { ...live, spec: { ...live.spec, policyTypes: ["Ingress", "Ingress"] } },
        { ...recorded, inputs: {} },
      ),
      [
        'NetworkPolicy app/default-deny: spec.policyTypes[1] is "Ingress"',
        '-spec.policyTypes[1]: "Egress"',
        '+spec.policyTypes[1]: "Ingress"',
      ],
    );
  });

  it("is found by an item that a list has more, told alone; and by one that it has less", () => {
    const types = (...policyTypes: string[]): KubernetesObject => ({
      ...live,
      spec: { ...live.spec, policyTypes },
    });
    assert.deepEqual(compare(types("Ingress", "Egress", "Both"), { ...recorded, inputs: {} }), [
      'NetworkPolicy app/default-deny: spec.policyTypes[2] is "Both"',
      '+spec.policyTypes[2]: "Both"',
    ]);
    assert.deepEqual(compare(types("Egress"), { ...recorded, inputs: {} }), [
      "NetworkPolicy app/default-deny: spec.policyTypes[0] is not there",
      '-spec.policyTypes[0]: "Ingress"',
    ]);
  });

  it("is found by a label that somebody added: it may lift the pod security of a namespace", () => {
    const labelled = { ...live, metadata: { ...live.metadata, labels: { a: "b", c: "d" } } };
    assert.deepEqual(compare(labelled, { ...recorded, inputs: {} }), [
      'NetworkPolicy app/default-deny: metadata.labels.c is "d"',
      '+metadata.labels.c: "d"',
    ]);
  });

  it("is found by an annotation that the program named, and by no other", () => {
    const changed = { ...live, metadata: { ...live.metadata, annotations: { note: "yours", more: "x" } } };
    assert.deepEqual(compare(changed, noted), [
      'NetworkPolicy app/default-deny: metadata.annotations.note is "yours"',
      '-metadata.annotations.note: "mine"',
      '+metadata.annotations.note: "yours"',
    ]);
  });

  it("that is a Secret never tells its content", () => {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", namespace: "app" },
      data: { k: "dG9w" },
    };
    const item = { urn: "urn", object: secret, inputs: {} };
    assert.deepEqual(compare({ ...secret, data: { k: "c2VjcmV0" } }, item), [
      "Secret app/s: another content",
    ]);
  });
});

describe("the restoration", () => {
  it("touches nothing that is as it was recorded", () => {
    assert.deepEqual(restoration([noted], [withAnnotation]), { create: [], replace: [] });
  });

  it("makes a deleted object anew, without what the API server gives", () => {
    const { create, replace } = restoration([noted], []);
    assert.deepEqual(replace, []);
    assert.deepEqual(create, [
      {
        apiVersion: policy.apiVersion,
        kind: policy.kind,
        metadata: {
          name: "default-deny",
          namespace: "app",
          labels: { a: "b" },
          annotations: { note: "mine" },
        },
        spec: policy.spec,
      },
    ]);
  });

  it("replaces a changed object in the version that was looked at, and keeps what controllers noted", () => {
    const widened = { ...live, spec: { ...live.spec, ingress: [{}] } };
    const { create, replace } = restoration([noted], [widened]);
    assert.deepEqual(create, []);
    const [object] = replace as [{ spec: object; metadata: Record<string, unknown> }];
    assert.deepEqual(object.spec, policy.spec);
    assert.equal(object.metadata["resourceVersion"], "20");
    assert.deepEqual(object.metadata["annotations"], { "controller/revision": "3", note: "mine" });
    assert.equal("status" in object, false);
  });
});
