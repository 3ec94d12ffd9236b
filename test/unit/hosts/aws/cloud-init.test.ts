import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { renderCloudInit, type FirstBootOptions } from "../../../../components/hosts/aws/cloud-init";
import { sshd } from "../../../../components/hosts/hardening/sshd";
import { updates } from "../../../../components/hosts/hardening/updates";
import { assertGolden } from "../../../support/golden";

const options: FirstBootOptions = {
  hostname: "control-plane-0",
  adminUser: "redoubt",
  publicKeys: ["ssh-ed25519 AAAA stack"],
  hostKey: {
    privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nbm9ib2R5\n-----END OPENSSH PRIVATE KEY-----\n",
    publicKey: "ssh-ed25519 BBBB",
  },
};

interface CloudConfig extends Record<string, unknown> {
  readonly write_files: readonly { path: string; owner: string; permissions: string; content: string }[];
  readonly users: readonly Record<string, unknown>[];
}

const configOf = (changed: Partial<FirstBootOptions> = {}): CloudConfig =>
  parse(renderCloudInit({ ...options, ...changed })) as CloudConfig;
const fileOf = ({ write_files: files }: CloudConfig, path: string): string | undefined =>
  files.find((file) => file.path === path)?.content;
const sshdFile = "/etc/ssh/sshd_config.d/00-redoubt.conf";

describe("the first boot of an instance", () => {
  it("is told this", () => {
    assertGolden("aws", { "/control-plane-0/user-data": renderCloudInit(options) });
  });

  it("begins with the line by which cloud-init knows it", () => {
    assert.match(renderCloudInit(options), /^#cloud-config\n/);
  });

  it("makes one user, without a password, and not the image's own", () => {
    assert.deepEqual(configOf().users, [{ name: "redoubt", shell: "/bin/bash", lock_passwd: true }]);
  });

  it("lets in who has the keys that are named, and nobody whom the metadata service names", () => {
    const config = configOf({ publicKeys: ["ssh-ed25519 AAAA stack", "ssh-ed25519 CCCC operator"] });
    assert.equal(
      fileOf(config, "/etc/ssh/authorized_keys.d/redoubt"),
      "ssh-ed25519 AAAA stack\nssh-ed25519 CCCC operator\n",
    );
    assert.equal(config["allow_public_ssh_keys"], false);
  });

  it("refuses root and passwords before sshd starts, in the words of hardening", () => {
    const config = configOf();
    for (const { path, content } of sshd({ adminUser: "redoubt" }).files ?? []) {
      assert.equal(fileOf(config, path), content, path);
    }
    for (const line of [
      "PermitRootLogin no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "AuthenticationMethods publickey",
      "AllowUsers redoubt",
    ]) {
      assert.ok(fileOf(config, sshdFile)?.split("\n").includes(line), line);
    }
    assert.deepEqual([config["disable_root"], config["ssh_pwauth"]], [true, false]);
    assert.deepEqual(config["bootcmd"], [["passwd", "--quiet", "--lock", "root"]]);
  });

  it("shows the host key that is pinned, and no other", () => {
    const config = configOf();
    assert.deepEqual(config["ssh_keys"], {
      ed25519_private: options.hostKey.privateKey,
      ed25519_public: options.hostKey.publicKey,
    });
    assert.equal(config["ssh_deletekeys"], true);
  });

  it("writes files of root's only, and sudo's so that nobody else reads it", () => {
    for (const { path, owner } of configOf().write_files) assert.equal(owner, "root:root", path);
    const sudoers = configOf().write_files.find(({ path }) => path === "/etc/sudoers.d/90-redoubt");
    assert.equal(sudoers?.permissions, "0440");
  });

  it("holds no password, not even a hash", () => {
    assert.doesNotMatch(
      renderCloudInit(options),
      /^\s*(plain_text_|hashed_)?passwd:|chpasswd|\$[0-9y][a-z]?\$/m,
    );
  });

  it("fits into user data: 16 KB (AWS: Run commands when you launch an EC2 instance)", () => {
    assert.ok(Buffer.byteLength(renderCloudInit(options)) < 8 * 1024);
  });
});

describe("the first boot of a bastion", () => {
  const bastion = configOf({ forwards: true, upgrades: true, also: updates({ automaticReboot: true }) });

  it("lets connections through to SSH servers and nowhere else", () => {
    const lines = fileOf(bastion, sshdFile)?.split("\n") ?? [];
    assert.ok(lines.includes("AllowTcpForwarding local"));
    assert.ok(lines.includes("PermitOpen *:22"));
    assert.ok(fileOf(configOf(), sshdFile)?.includes("AllowTcpForwarding no\n"));
    assert.ok(!fileOf(configOf(), sshdFile)?.includes("PermitOpen"));
  });

  it("sees to updates itself, for nobody applies a plan to it", () => {
    assert.deepEqual(bastion["packages"], ["unattended-upgrades"]);
    assert.match(fileOf(bastion, "/etc/apt/apt.conf.d/90redoubt") ?? "", /Automatic-Reboot "true"/);
    assert.equal(configOf()["packages"], undefined);
  });

  it("brings an old image up to date, and does not reboot under who works through it: that is for the night", () => {
    const keys = ["package_update", "package_upgrade", "package_reboot_if_required"];
    assert.deepEqual(
      keys.map((key) => bastion[key]),
      [true, true, undefined],
    );
    assert.deepEqual(
      keys.map((key) => configOf()[key]),
      [undefined, undefined, undefined],
    );
  });
});
