import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { HardenedHost, type Logins } from "../../../components/hosts/hardened-host";
import { serviceAccounts } from "../../../components/hosts/service-accounts";
import { fixtureHost } from "../../support/fixture-cluster";
import { assertNamedUnderParents, ofType, recordStack, type Recording } from "../../support/mocks";

const key = "-----BEGIN EC PRIVATE KEY-----\nMHc=\n-----END EC PRIVATE KEY-----\n";

const logins = {
  adminUser: "redoubt",
  sshPublicKeys: ["ssh-ed25519 AAAA operator"],
  stackPublicKeys: pulumi.output(["ssh-ed25519 BBBB stack"]),
};

function record(args: Logins = logins): Promise<Recording<HardenedHost>> {
  return recordStack(
    () =>
      new HardenedHost("worker-0", {
        host: fixtureHost("worker-0"),
        fragments: { "service-accounts": serviceAccounts("worker") },
        logins: args,
        secretFiles: [
          { path: "/var/lib/kubelet/pki/kubelet.key", owner: "root", group: "root", content: key },
        ],
      }),
  );
}

describe("a hardened host", () => {
  it("is hardened first, gets its keys then, and is ready after that", async () => {
    const recording = await record();
    const commands = ofType(recording, "command:remote:Command");
    assert.deepEqual([...commands.keys()].sort(), [
      "worker-0-logins-apply",
      "worker-0-logins-confirm",
      "worker-0-plan-apply",
      "worker-0-secrets-write",
    ]);
    const secrets = ofType(recording, "redoubt:plan:SecretFiles").get("worker-0-secrets");
    assert.deepEqual(secrets?.opts.dependsOn, [recording.result.applied.done]);
    assert.equal(recording.result.ready.length, 1);
    assertNamedUnderParents(recording, ["worker-0"]);
  });

  it("may wait with its keys for another host, and not with its hardening", async () => {
    const { result, resources } = await recordStack(() => {
      const make = (name: string, secretsAfter: HardenedHost["ready"]): HardenedHost =>
        new HardenedHost(name, {
          host: fixtureHost(name),
          fragments: {},
          logins,
          secretFiles: [],
          secretsAfter,
        });
      const first = make("worker-0", []);
      return { first, second: make("worker-1", first.ready) };
    });
    const dependsOn = (type: string): unknown =>
      resources.find((item) => item.type === `redoubt:plan:${type}` && item.name.startsWith("worker-1"))?.opts
        .dependsOn;
    assert.deepEqual(dependsOn("SecretFiles"), [result.second.applied.done, ...result.first.ready]);
    assert.deepEqual(dependsOn("ApplyPlan"), []);
  });

  it("lets in the stack's key and those of the configuration, after it is hardened, behind a second login", async () => {
    const recording = await record();
    const apply = ofType(recording, "command:remote:Command").get("worker-0-logins-apply");
    assert.match(
      String(apply?.inputs["stdin"]),
      /file \/etc\/ssh\/authorized_keys\.d\/redoubt .*\nssh-ed25519 BBBB stack\nssh-ed25519 AAAA operator\nEND\n/,
    );
    const applied = ofType(recording, "redoubt:plan:ApplyPlan").get("worker-0-logins");
    assert.deepEqual(applied?.opts.dependsOn, [recording.result.applied.done]);
    const confirm = ofType(recording, "command:remote:Command").get("worker-0-logins-confirm");
    const written = createHash("sha256")
      .update("ssh-ed25519 BBBB stack\nssh-ed25519 AAAA operator\n")
      .digest("hex");
    assert.ok(
      String(confirm?.inputs["stdin"]).includes(`confirm ${written} /etc/ssh/authorized_keys.d/redoubt`),
    );
  });

  it("lets in two keys of the stack while they are rotated", async () => {
    const stackPublicKeys = ["ssh-ed25519 BBBB stack", "ssh-ed25519 CCCC next"];
    const recording = await record({ ...logins, stackPublicKeys });
    const apply = ofType(recording, "command:remote:Command").get("worker-0-logins-apply");
    assert.match(
      String(apply?.inputs["stdin"]),
      /\nssh-ed25519 BBBB stack\nssh-ed25519 CCCC next\nssh-ed25519 AAAA operator\nEND\n/,
    );
  });

  it("hides the script that holds its keys, and what it prints", async () => {
    const write = ofType(await record(), "command:remote:Command").get("worker-0-secrets-write");
    assert.ok(write);
    assert.ok(String(write.inputs["stdin"]).includes(key));
    assert.ok(write.secretInputs.includes("stdin"));
    for (const output of ["stdout", "stderr"]) {
      assert.ok(write.opts.additionalSecretOutputs?.includes(output), output);
    }
    assert.equal(write.inputs["logging"], "none");
  });

  it("shows the script of its hardening: it holds no secret, and a preview shows what changes", async () => {
    const apply = ofType(await record(), "command:remote:Command").get("worker-0-plan-apply");
    assert.ok(apply);
    assert.equal(apply.secretInputs.includes("stdin"), false);
    assert.doesNotMatch(String(apply.inputs["stdin"]), /PRIVATE KEY/);
  });
});
