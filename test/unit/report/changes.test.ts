import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { renderTakeTurn } from "../../../components/node/upgrade-turn";
import { mergeFragments } from "../../../components/plan/merge";
import { renderScript } from "../../../components/plan/script";
import type { Change } from "../../../report/change";
import { previewChanges } from "../../../report/changes";
import type { Operation, Step } from "../../../report/preview";
import { previewOf, stackStep, stepOf } from "./steps";

const machine = (name: string, operation: Operation): Step =>
  stepOf("redoubt:hosts:LocalMachines$command:local:Command", `machines-${name}`, { operation });
const hardened = (name: string, operation: Operation): Step =>
  stepOf("redoubt:hosts:HardenedHost", name, { operation });

/** `place, title: class` of each change. */
function told(...steps: readonly Step[]): string[] {
  return previewChanges(previewOf(...steps)).map(
    ({ place, title, impact }) => `${place}, ${title}: ${impact.class}`,
  );
}

describe("a host that goes", () => {
  it("is a drain when it is a worker, told once", () => {
    const hosts = ["control-plane-0", "worker-0", "worker-1"];
    assert.deepEqual(
      told(
        stackStep(hosts, hosts.slice(0, 2)),
        machine("worker-1", "delete"),
        hardened("worker-1", "delete"),
        stepOf(
          "redoubt:hosts:HardenedHost$redoubt:plan:ApplyPlan$command:remote:Command",
          "worker-1-plan-apply",
          {
            operation: "delete",
          },
        ),
      ).filter((line) => line.startsWith("worker-1")),
      ["worker-1, host leaves the cluster: drain"],
    );
  });

  it("loses the cluster's data when it is the only control plane", () => {
    const hosts = ["control-plane-0", "worker-0"];
    for (const operation of ["delete", "replace"] as const) {
      const [worst] = told(stackStep(hosts, hosts), machine("control-plane-0", operation));
      assert.match(worst ?? "", /^control-plane-0, .*: data-loss$/);
    }
  });

  it("loses data when too few members are left, and not while a majority is", () => {
    const three = ["control-plane-0", "control-plane-1", "control-plane-2"];
    const gone = (count: number): string[] =>
      told(stackStep(three, three), ...three.slice(0, count).map((name) => machine(name, "replace")));
    assert.deepEqual(gone(1), ["control-plane-0, machine: drain"]);
    assert.deepEqual(gone(2), ["control-plane-0, machine: data-loss", "control-plane-1, machine: data-loss"]);
  });

  it("keeps the data while one member stays of those that leave, and not when another is made again meanwhile", () => {
    const three = ["control-plane-0", "control-plane-1", "control-plane-2"];
    const leaving = [machine("control-plane-1", "delete"), machine("control-plane-2", "delete")];
    const step = stackStep(three, ["control-plane-0"]);
    const ofHosts = (lines: readonly string[]): string[] =>
      lines.filter((line) => line.startsWith("control-plane"));
    assert.deepEqual(ofHosts(told(step, ...leaving)), [
      "control-plane-1, host leaves the cluster: drain",
      "control-plane-2, host leaves the cluster: drain",
    ]);
    const worst = ofHosts(told(step, machine("control-plane-0", "replace"), ...leaving));
    assert.equal(worst.length, 3);
    assert.ok(worst.every((line) => line.endsWith(": data-loss")));
  });

  it("does not count members that come with the same change", () => {
    const before = ["control-plane-0"];
    const after = ["control-plane-1", "control-plane-2"];
    const found = told(
      stackStep(before, after),
      machine("control-plane-0", "delete"),
      machine("control-plane-1", "create"),
      machine("control-plane-2", "create"),
    );
    assert.ok(found.includes("control-plane-0, host leaves the cluster: data-loss"));
  });

  it("is told of when the stack has no machine for it: an inventory's host", () => {
    const hosts = ["control-plane-0", "db"];
    const step = stackStep(hosts, hosts);
    assert.deepEqual(told(step, hardened("worker-9", "delete")), [
      "worker-9, host leaves the cluster: data-loss",
    ]);
    const known = stackStep(["control-plane-0", "worker-9"], ["control-plane-0"]);
    const [first] = told(known, hardened("worker-9", "delete"));
    assert.equal(first, "worker-9, host leaves the cluster: drain");
  });
});

describe("a host that comes", () => {
  it("disturbs nobody", () => {
    const hosts = ["control-plane-0", "worker-0"];
    assert.deepEqual(
      told(
        stackStep(hosts, [...hosts, "worker-1"]),
        machine("worker-1", "create"),
        hardened("worker-1", "create"),
      ).filter((line) => line.startsWith("worker")),
      ["worker-1, machine: none"],
    );
  });
});

describe("a certificate", () => {
  const leaf = (name: string, operation: Operation, parts: object = {}): Step[] =>
    [
      "key:privateKey:PrivateKey",
      "request:certRequest:CertRequest",
      "certificate:locallySignedCert:LocallySignedCert",
    ].map((part) => {
      const [suffix = "", module = "", type = ""] = part.split(":");
      const types = `redoubt:pki:ClusterPki$redoubt:pki:LeafCertificate$tls:index/${module}:${type}`;
      return stepOf(types, `pki-${name}-${suffix}`, { operation, ...(suffix === "request" ? parts : {}) });
    });
  const hosts = ["control-plane-0", "worker-0"];

  it("restarts who reads it, and shows its changed names", () => {
    const steps = leaf("kube-apiserver-control-plane-0", "replace", {
      before: { dnsNames: ["a"], subject: { commonName: "x" } },
      after: { dnsNames: ["a", "b"], subject: { commonName: "x" } },
    });
    const [change] = previewChanges(previewOf(stackStep(hosts, hosts), ...steps));
    assert.equal(change?.place, "control-plane-0");
    assert.match(change.impact.reason, /kube-apiserver\.service restarts/);
    assert.equal(change.impact.class, "restart-control-plane");
    assert.deepEqual(change.fields, [{ path: "dnsNames", before: undefined, after: "b" }]);
  });

  it("restarts a node's service when it is the node's, and nothing when only people read it", () => {
    const step = stackStep(hosts, hosts);
    assert.deepEqual(told(step, ...leaf("kubelet-server-worker-0", "replace")), [
      "worker-0, certificate pki-kubelet-server-worker-0: restart-kubelet",
    ]);
    assert.deepEqual(told(step, ...leaf("admin", "replace")), ["certificates, certificate pki-admin: none"]);
  });

  it("says that it is issued anew because it ends soon, which no reader of the change asked for", () => {
    const renewed = leaf("kubelet-server-worker-0", "replace")
      .slice(2)
      .map((step) => ({
        ...step,
        changedPaths: ["readyForRenewal"],
        oldOutputs: { validityEndTime: "2026-12-01T00:00:00Z" },
      }));
    const [change] = previewChanges(previewOf(stackStep(hosts, hosts), ...renewed));
    assert.equal(change?.impact.class, "restart-kubelet");
    const after = "issued anew with the same key, because it ends soon";
    assert.deepEqual(change.fields, [{ path: "validityEndTime", before: "2026-12-01T00:00:00Z", after }]);
  });

  it("restarts nobody when only its renewal comes at another time", () => {
    const earlier = leaf("kubelet-server-worker-0", "update").slice(2);
    assert.deepEqual(told(stackStep(hosts, hosts), ...earlier), [
      "worker-0, certificate pki-kubelet-server-worker-0: none",
    ]);
  });

  it("is carried to its host, where the secret files can't be seen", () => {
    const write = stepOf(
      "redoubt:hosts:HardenedHost$redoubt:plan:SecretFiles$command:remote:Command",
      "worker-0-secrets-write",
      { before: { stdin: "[secret]" }, after: { stdin: "[secret]" } },
    );
    const changes = previewChanges(
      previewOf(stackStep(hosts, hosts), ...leaf("kube-proxy-worker-0", "replace"), write),
    );
    const files = changes.find(({ title }) => title === "secret files");
    assert.equal(files?.impact.class, "restart-kubelet");
    assert.match(files.impact.reason, /^1 changed certificate is carried to it: kube-proxy\.service/);
    const alone = previewChanges(previewOf(stackStep(hosts, hosts), write));
    assert.match(alone[0]?.impact.reason ?? "", /can't be seen; services of the node may restart/);
  });

  it("of an authority is a loss when its key goes, a restart when only the certificate is renewed", () => {
    const chain = "redoubt:pki:ClusterPki$redoubt:pki:CertificateAuthority$tls:index";
    const key = stepOf(`${chain}/privateKey:PrivateKey`, "pki-etcd-ca-key", { operation: "replace" });
    const certificate = stepOf(`${chain}/selfSignedCert:SelfSignedCert`, "pki-etcd-ca-certificate", {
      operation: "replace",
    });
    assert.deepEqual(told(key, certificate), ["certificates, authority pki-etcd-ca: data-loss"]);
    assert.deepEqual(told(certificate), ["certificates, authority pki-etcd-ca: restart-control-plane"]);
  });

  it("of an authority that is withdrawn is a restart while no leaf changes, and a loss when one does", () => {
    const gone = (type: string, name: string, resource: string): Step =>
      stepOf(`redoubt:pki:ClusterPki$redoubt:pki:${type}$tls:index/${resource}`, name, {
        operation: "delete",
      });
    const authority = gone("CertificateAuthority", "pki-etcd-ca-key", "privateKey:PrivateKey");
    const certificate = gone(
      "CertificateAuthority",
      "pki-etcd-ca-certificate",
      "selfSignedCert:SelfSignedCert",
    );
    assert.deepEqual(told(authority, certificate), [
      "certificates, authority pki-etcd-ca: restart-control-plane",
    ]);
    assert.deepEqual(
      told(authority, certificate, ...leaf("etcd-peer-control-plane-0", "replace")).slice(0, 1),
      ["certificates, authority pki-etcd-ca: data-loss"],
    );
  });

  it("of an authority by another one is told by its name, and disturbs nobody", () => {
    const chain = "redoubt:pki:ClusterPki$redoubt:pki:CrossCertificate$tls:index";
    const parts = { operation: "create" } as const;
    const request = stepOf(`${chain}/certRequest:CertRequest`, "pki-kubernetes-ca-2-by-1-request", parts);
    const certificate = stepOf(
      `${chain}/locallySignedCert:LocallySignedCert`,
      "pki-kubernetes-ca-2-by-1-certificate",
      parts,
    );
    assert.deepEqual(told(request, certificate), [
      "certificates, cross-certificate pki-kubernetes-ca-2-by-1: none",
    ]);
  });

  it("is no key that encrypts: that one is data", () => {
    const key = (name: string): Step =>
      stepOf("redoubt:pki:ClusterPki$tls:index/privateKey:PrivateKey", name, { operation: "replace" });
    for (const name of ["pki-encryption-key", "pki-encryption-key-2"]) {
      assert.deepEqual(told(key(name)), [`certificates, key ${name}: data-loss`]);
      assert.deepEqual(told({ ...key(name), operation: "create" }), [`certificates, key ${name}: none`]);
    }
    assert.deepEqual(told(key("pki-service-account-key")), [
      "certificates, key pki-service-account-key: drain",
    ]);
    assert.deepEqual(told(key("pki-service-account-key-2")), [
      "certificates, key pki-service-account-key-2: drain",
    ]);
    assert.deepEqual(told(key("pki-other-key")), ["certificates, key pki-other-key: none"]);
  });

  it("is no key that the stack logs in with: one that goes opens nothing, one that is replaced nobody knows", () => {
    for (const name of ["machines-admin-key", "machines-admin-key-2"]) {
      const key = (operation: Operation): Step =>
        stepOf("redoubt:hosts:Inventory$tls:index/privateKey:PrivateKey", name, { operation });
      assert.deepEqual(told(key("create")), [`stack, key ${name}: none`]);
      assert.deepEqual(told(key("delete")), [`stack, key ${name}: reload`]);
      assert.deepEqual(told(key("replace")), [`stack, key ${name}: data-loss`]);
    }
  });
});

describe("an object of the cluster", () => {
  const object = (kind: string, operation: Operation, before: object = {}, after: object = {}): Change => {
    const metadata = { name: "x", namespace: "app" };
    const step = stepOf(`kubernetes:apps/v1:${kind}`, "resource", {
      operation,
      before: { metadata, ...before },
      after: { metadata, ...after },
    });
    const [change] = previewChanges(previewOf(step));
    assert.ok(change);
    return change;
  };

  it("stands in its namespace, under the name that kubectl shows", () => {
    const change = object("NetworkPolicy", "update", { spec: { a: 1 } }, { spec: { a: 2 } });
    assert.deepEqual([change.place, change.title], ["namespace app", "NetworkPolicy x"]);
    assert.deepEqual(change.fields, [{ path: "spec.a", before: "1", after: "2" }]);
  });

  it("has the impact of its kind", () => {
    const cases: readonly (readonly [string, Operation, string])[] = [
      ["NetworkPolicy", "create", "reload"],
      ["NetworkPolicy", "delete", "reload"],
      ["ClusterRole", "create", "none"],
      ["ClusterRole", "update", "reload"],
      ["ClusterRole", "delete", "reload"],
      ["Role", "replace", "reload"],
      ["RoleBinding", "delete", "reload"],
      ["ClusterRoleBinding", "update", "reload"],
      ["ServiceAccount", "create", "none"],
      ["ServiceAccount", "update", "none"],
      ["ServiceAccount", "replace", "drain"],
      ["ServiceAccount", "delete", "drain"],
      ["ValidatingAdmissionPolicy", "delete", "none"],
      ["ConfigMap", "create", "none"],
      ["ConfigMap", "update", "reload"],
      ["Deployment", "delete", "drain"],
      ["Namespace", "delete", "data-loss"],
      ["Namespace", "update", "reload"],
      ["PersistentVolumeClaim", "replace", "data-loss"],
      ["Secret", "delete", "data-loss"],
    ];
    for (const [kind, operation, expected] of cases) {
      assert.equal(
        object(kind, operation, { a: 1 }, { a: 2 }).impact.class,
        expected,
        `${operation} ${kind}`,
      );
    }
  });

  it("makes pods again when their template changes, and not when only more of them are wanted", () => {
    const template = (image: string): object => ({ spec: { template: { spec: { image } } } });
    assert.equal(object("Deployment", "update", template("a"), template("b")).impact.class, "drain");
    assert.equal(
      object("Deployment", "update", { spec: { replicas: 1 } }, { spec: { replicas: 2 } }).impact.class,
      "reload",
    );
  });

  it("stops pods when fewer are wanted, and says so where one number is not said: it is one", () => {
    const scaled = (before: object, after: object): Change =>
      object("Deployment", "update", { spec: before }, { spec: after });
    assert.equal(scaled({ replicas: 10 }, { replicas: 9 }).impact.class, "drain");
    assert.equal(scaled({ replicas: 2 }, {}).impact.class, "drain");
    assert.equal(scaled({}, { replicas: 0 }).impact.class, "drain");
    assert.equal(scaled({}, { replicas: 2 }).impact.class, "reload");
  });

  it("restarts the containers of a pod that nothing makes again", () => {
    const pod = (image: string): object => ({ spec: { containers: [{ name: "a", image }] } });
    assert.equal(object("Pod", "update", pod("a"), pod("b")).impact.class, "drain");
  });

  it("shows a text of several lines as a diff", () => {
    const change = object(
      "ConfigMap",
      "update",
      { data: { Corefile: "a\nb\n" } },
      { data: { Corefile: "a\nc\n" } },
    );
    assert.equal(change.diff, "# data.Corefile\n@@ -1,2 +1,2 @@\n a\n-b\n+c");
    assert.deepEqual(change.fields, []);
    const ofOldMacs = object("ConfigMap", "update", { data: { x: "a" } }, { data: { x: "a\rb" } });
    assert.deepEqual(ofOldMacs.fields, []);
  });
});

describe("what no rule knows", () => {
  it("is feared when it goes, and only then", () => {
    const step = (operation: Operation): Step => stepOf("aws:ebs/volume:Volume", "disk", { operation });
    assert.deepEqual(told(step("delete")), ["stack, aws:ebs/volume:Volume disk: data-loss"]);
    assert.deepEqual(told(step("create")), ["stack, aws:ebs/volume:Volume disk: none"]);
    assert.deepEqual(told(step("same")), []);
  });

  it("is a plan's script of another version: who could be affected counts", () => {
    const script = renderScript(mergeFragments({}), "node");
    const unknown = script.replace(/report\n\}\n$/, "levitate x\nreport\n}\n");
    const types = "redoubt:node:Node$redoubt:plan:ApplyPlan$command:remote:Command";
    const step = stepOf(types, "node-worker-0-plan-apply", {
      before: { stdin: unknown },
      after: { stdin: script },
    });
    const [change] = previewChanges(previewOf(stackStep(["worker-0"], ["worker-0"]), step));
    assert.equal(change?.impact.class, "restart-kubelet");
    assert.match(change.diff ?? "", /-levitate x/);
  });
});

describe("a node that comes to another version", () => {
  it("is told by the program that changes, and not by what moves its pods", () => {
    const turns = ["turn", "return"].map((name) =>
      stepOf("redoubt:node:Node$command:remote:Command", `node-worker-0-${name}`, {
        before: { stdin: "take_turn worker-0 1.35.4 1 300\n" },
        after: { stdin: "take_turn worker-0 1.36.3 1 300\n" },
      }),
    );
    const kubelet = (version: string): string => {
      const artifact = {
        name: "kubelet",
        version,
        url: "",
        sha256: "0".repeat(64),
        path: "/usr/local/bin/kubelet",
      };
      return renderScript(mergeFragments({ kubelet: { artifacts: [artifact] } }), "node");
    };
    const apply = stepOf(
      "redoubt:node:Node$redoubt:plan:ApplyPlan$command:remote:Command",
      "node-worker-0-plan-apply",
      { before: { stdin: kubelet("1.35.4") }, after: { stdin: kubelet("1.36.3") } },
    );
    const hosts = ["control-plane-0", "worker-0"];
    assert.deepEqual(told(stackStep(hosts, hosts), apply, ...turns), [
      "worker-0, program kubelet (/usr/local/bin/kubelet): drain",
    ]);
  });

  it("has a line for each node whose turn goes by other settings", () => {
    const options = { node: "worker-0", version: "1.35.4", maxUnavailable: 1, drainTimeoutSeconds: 300 };
    const turn = stepOf("redoubt:node:Node$command:remote:Command", "node-worker-0-turn", {
      before: { stdin: renderTakeTurn(options) },
      after: { stdin: renderTakeTurn({ ...options, maxUnavailable: 2 }) },
    });
    const hosts = ["control-plane-0", "worker-0"];
    const [change] = previewChanges(previewOf(stackStep(hosts, hosts), turn));
    assert.equal(change?.title, "kubernetes.upgrade");
    assert.equal(change.impact.class, "none");
    assert.deepEqual(change.fields, [{ path: "maxUnavailable", before: "1", after: "2" }]);
  });
});
