import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { before, describe, it } from "node:test";
import tls from "node:tls";
import { z } from "zod";
import type { ClusterOutputs, TestCluster } from "../../support/cluster";

const leafType = "tls:index/locallySignedCert:LocallySignedCert";
/** Those that the test lets end soon. */
const aged = [
  "pki-etcd-server-control-plane-0-certificate",
  "pki-kube-apiserver-control-plane-0-certificate",
] as const;
const day = 24 * 60 * 60 * 1000;

const stateSchema = z.looseObject({
  deployment: z.looseObject({
    resources: z.array(
      z.looseObject({
        urn: z.string(),
        type: z.string(),
        outputs: z.record(z.string(), z.unknown()).optional(),
      }),
    ),
  }),
});

/** What a server shows to whoever connects. */
function shownBy(host: string, port: number): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host, port, rejectUnauthorized: false, timeout: 5000 }, () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      if (certificate === undefined) reject(new Error(`${host}:${port} shows no certificate`));
      else resolve(certificate);
    });
    socket.on("error", reject);
  });
}

const startOfEtcd = "systemctl show --property=ActiveEnterTimestampMonotonic --value etcd";
const shownByEtcd = "openssl s_client -connect 127.0.0.1:2379 </dev/null 2>/dev/null || true";

function fingerprintOf(pem: unknown): string {
  return new X509Certificate(String(pem)).fingerprint256;
}

function keyOf(certificate: X509Certificate): string {
  return createHash("sha256")
    .update(certificate.publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}

/** Nobody changed anything, but a certificate ends soon: time is moved on for one of them, in the state that tells when it ends. */
export function renewalStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  describe("A certificate that ends soon", () => {
    let earlier: X509Certificate;
    let etcdStarted: string;
    const onControlPlane = (command: string): string => {
      const { code, stdout, stderr } = cluster.ssh(outputs(), "control-plane-0", command);
      assert.equal(code, 0, stderr);
      return stdout.trim();
    };
    let earlierLeaves: ReadonlyMap<string, unknown>;
    const nameOf = (urn: string): string => urn.split("::").at(-1) ?? "";
    const leaves = (): ReadonlyMap<string, unknown> =>
      new Map(
        stateSchema
          .parse(JSON.parse(cluster.exportedState()))
          .deployment.resources.filter(({ type }) => type === leafType)
          .map(({ urn, outputs: known }) => [nameOf(urn), known?.["certPem"]]),
      );
    const endpoint = (): readonly [string, number] => {
      const node = outputs().nodeTable.find(({ role }) => role === "control-plane");
      assert.ok(node);
      return [node.address, 6443];
    };

    before(async () => {
      earlier = await shownBy(...endpoint());
      earlierLeaves = leaves();
      const state = stateSchema.parse(JSON.parse(cluster.exportedState()));
      for (const name of aged) {
        const leaf = state.deployment.resources.find(({ urn }) => nameOf(urn) === name);
        assert.ok(leaf?.outputs);
        leaf.outputs["validityEndTime"] = new Date(Date.now() + 60 * day).toISOString();
      }
      etcdStarted = onControlPlane(startOfEtcd);
      const file = path.join(cluster.folder, "aged-state.json");
      writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
      assert.equal(cluster.pulumi(["stack", "import", "--file", file]).code, 0);
    });

    it("is issued anew by up, alone and with the key it had, and is what the server shows then", async () => {
      const { code, stdout, stderr } = await cluster.npmRun("up");
      assert.equal(code, 0, stdout + stderr);
      const after = leaves();
      const changed = [...after].filter(([name, pem]) => earlierLeaves.get(name) !== pem);
      assert.deepEqual(changed.map(([name]) => name).sort(), [...aged]);
      const shown = await shownBy(...endpoint());
      assert.equal(shown.fingerprint256, fingerprintOf(after.get(aged[1])));
      assert.notEqual(shown.fingerprint256, earlier.fingerprint256);
      assert.equal(keyOf(shown), keyOf(earlier));
      assert.ok(Date.parse(shown.validTo) >= Date.parse(earlier.validTo));
    });

    it("is what etcd shows then, which did not restart for it", () => {
      const [shown] = /-----BEGIN[^]*?-----END CERTIFICATE-----/.exec(onControlPlane(shownByEtcd)) ?? [];
      assert.equal(fingerprintOf(shown), fingerprintOf(leaves().get(aged[0])));
      assert.equal(onControlPlane(startOfEtcd), etcdStarted);
    });

    it("leaves the user who logged in before where he was", () => {
      const { code, stderr } = cluster.kubectl(outputs().kubeconfig, ["get", "nodes"]);
      assert.equal(code, 0, stderr);
    });

    it("is not issued again by the next up", async () => {
      const { code, stdout, stderr } = await cluster.npmRun("up", ["--expect-no-changes"]);
      assert.equal(code, 0, stdout + stderr);
    });
  });
}
