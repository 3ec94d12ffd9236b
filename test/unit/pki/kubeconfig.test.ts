import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { renderKubeconfig } from "../../../components/pki/kubeconfig";

const text = renderKubeconfig({
  clusterName: "test",
  server: "https://10.0.0.10:6443",
  certificateAuthority: "authority\n".repeat(40),
  user: "redoubt:admin",
  clientCertificate: "certificate\n",
  clientKey: "key\n",
});

describe("a kubeconfig", () => {
  it("is one cluster, one user and the context that joins them", () => {
    assert.deepEqual(parse(text), {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name: "test",
          cluster: {
            server: "https://10.0.0.10:6443",
            "certificate-authority-data": Buffer.from("authority\n".repeat(40)).toString("base64"),
          },
        },
      ],
      users: [
        {
          name: "redoubt:admin",
          user: { "client-certificate-data": "Y2VydGlmaWNhdGUK", "client-key-data": "a2V5Cg==" },
        },
      ],
      contexts: [{ name: "redoubt:admin@test", context: { cluster: "test", user: "redoubt:admin" } }],
      "current-context": "redoubt:admin@test",
    });
  });

  it("folds no value over lines", () => {
    assert.match(text, /certificate-authority-data: \S+\n/);
  });
});
