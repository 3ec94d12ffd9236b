import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { runProgram } from "../../../support/cluster";
import type { Logins } from "./logins";

interface CertificateUser {
  "client-certificate-data": string;
  "client-key-data": string;
}

function userOf(kubeconfig: string): CertificateUser {
  const [entry] = (parse(kubeconfig) as { users: { user: CertificateUser }[] }).users;
  assert.ok(entry);
  return entry.user;
}

const fromBase64 = (text: string): string => Buffer.from(text, "base64").toString();

/** A kubeconfig with a certificate that the bearer of another one signed for a member of `system:masters`. */
function forge(kubeconfig: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), "redoubt-forgery-"));
  const file = (name: string): string => path.join(folder, name);
  const signer = userOf(kubeconfig);
  writeFileSync(file("ca.crt"), fromBase64(signer["client-certificate-data"]));
  writeFileSync(file("ca.key"), fromBase64(signer["client-key-data"]));
  writeFileSync(file("extensions"), "extendedKeyUsage=clientAuth");
  const openssl = (...args: string[]): void => {
    const { code, stderr } = runProgram("openssl", args);
    assert.equal(code, 0, stderr);
  };
  try {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", file("key")];
    openssl("req", "-new", ...key, "-out", file("csr"), "-subj", "/O=system:masters/CN=vera");
    const authority = ["-CA", file("ca.crt"), "-CAkey", file("ca.key"), "-CAcreateserial"];
    openssl(
      "x509",
      "-req",
      "-in",
      file("csr"),
      ...authority,
      "-extfile",
      file("extensions"),
      "-out",
      file("crt"),
    );
    const chain = readFileSync(file("crt"), "utf8") + readFileSync(file("ca.crt"), "utf8");
    const forged = parse(kubeconfig) as { users: { user: CertificateUser }[] };
    const user = forged.users[0]?.user;
    assert.ok(user);
    user["client-certificate-data"] = Buffer.from(chain).toString("base64");
    user["client-key-data"] = readFileSync(file("key")).toString("base64");
    return stringify(forged, { lineWidth: 0 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** People whose certificates this story withdraws. */
export const withdrawnUsers = [
  { name: "mallory", group: "app-viewers", validityHours: 8 },
  { name: "trent", group: "app-viewers", validityHours: 8 },
];

export function certificatesStory(logins: Logins): void {
  describe("A person's certificate", () => {
    it("logs its owner in under CN, in the group of O", () => {
      const known = logins.who(logins.certificateOf("vera"));
      assert.equal(known?.username, "vera");
      assert.deepEqual([...known.groups].sort(), ["app-viewers", "system:authenticated"]);
    });

    it("lives for the hours that the configuration says", () => {
      const certificate = new X509Certificate(
        fromBase64(userOf(logins.certificateOf("vera"))["client-certificate-data"]),
      );
      const hours = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 3_600_000;
      assert.equal(hours, 8);
      assert.equal(certificate.ca, false);
    });

    it("can't be used to make another one", () => {
      assert.equal(logins.who(forge(logins.certificateOf("vera"))), undefined);
    });

    it("is known to the API server and to no kubelet", () => {
      const { "client-certificate-data": certificate, "client-key-data": key } = userOf(
        logins.certificateOf("paul"),
      );
      const files = [certificate, key].map((data) => `<(echo ${data} | base64 --decode)`);
      assert.equal(logins.who(logins.certificateOf("paul"))?.username, "paul");
      // A control plane may connect to every kubelet.
      const ask = (address: string): string =>
        `bash -c 'curl --insecure --silent --output /dev/null --write-out "%{http_code}" --cert ${files[0] ?? ""} --key ${files[1] ?? ""} https://${address}:10250/pods'`;
      for (const { name, address } of logins.outputs.nodeTable) {
        const { stdout } = logins.cluster.ssh(logins.outputs, logins.controlPlane, ask(address));
        assert.equal(stdout, "401", name);
      }
    });

    it("is withdrawn by taking its owner out, at once, without a restart, and nobody else notices", async () => {
      const old = { mallory: logins.certificateOf("mallory"), trent: logins.certificateOf("trent") };
      const vera = logins.certificateOf("vera");
      assert.equal(logins.who(old.mallory)?.username, "mallory");
      const start = logins.apiServerStart();

      // Mallory is out for good; Trent lost his laptop and gets a new certificate.
      logins.cluster.editConfiguration((block) => {
        const people = block("access")["users"] as Record<string, unknown>[];
        block("access")["users"] = people
          .filter(({ name }) => name !== "mallory")
          .map((user) => (user["name"] === "trent" ? { ...user, epoch: 2 } : user));
      });
      await logins.up();

      // The API server reads the list again by itself.
      const end = Date.now() + 10_000;
      while (logins.who(old.mallory) !== undefined && Date.now() < end) await sleep(200);
      assert.equal(logins.who(old.mallory), undefined);
      assert.equal(logins.who(old.trent), undefined);
      assert.equal(logins.who(logins.certificateOf("trent"))?.username, "trent");
      assert.equal(logins.who(vera)?.username, "vera");
      assert.equal(logins.certificateOf("vera"), vera);
      assert.equal(logins.apiServerStart(), start);
    });
  });
}
