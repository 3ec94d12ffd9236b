import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { before, describe, it } from "node:test";
import tls from "node:tls";
import { z } from "zod";
import type { ClusterOutputs, TestCluster } from "../../support/cluster";

const leafType = "tls:index/locallySignedCert:LocallySignedCert";
/** The one that the test lets end soon. */
const aged = "pki-kube-apiserver-control-plane-0-certificate";
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

function keyOf(certificate: X509Certificate): string {
  return createHash("sha256")
    .update(certificate.publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}

/** Nobody changed anything, but a certificate ends soon: time is moved on for one of them, in the state that tells when it ends. */
export function renewalStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  describe("A certificate that ends soon", () => {
    let earlier: X509Certificate;
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
      const leaf = state.deployment.resources.find(({ urn }) => nameOf(urn) === aged);
      assert.ok(leaf?.outputs);
      leaf.outputs["validityEndTime"] = new Date(Date.now() + 60 * day).toISOString();
      const file = path.join(cluster.folder, "aged-state.json");
      writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
      assert.equal(cluster.pulumi(["stack", "import", "--file", file]).code, 0);
    });

    it("is issued anew by up, alone and with the key it had, and is what the server shows then", async () => {
      const { code, stdout, stderr } = await cluster.npmRun("up");
      assert.equal(code, 0, stdout + stderr);
      const after = leaves();
      const changed = [...after].filter(([name, pem]) => earlierLeaves.get(name) !== pem);
      assert.deepEqual(
        changed.map(([name]) => name),
        [aged],
      );
      const shown = await shownBy(...endpoint());
      assert.equal(shown.fingerprint256, new X509Certificate(String(after.get(aged))).fingerprint256);
      assert.notEqual(shown.fingerprint256, earlier.fingerprint256);
      assert.equal(keyOf(shown), keyOf(earlier));
      assert.ok(Date.parse(shown.validTo) >= Date.parse(earlier.validTo));
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
