import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { StackOutputs } from "../../../stack/outputs";
import { makeAuthority } from "../../support/certificates";
import { artifacts } from "../../support/fixture-cluster";
import { hash } from "../../support/identity-fixtures";
import { recordStack, type RecordOptions, type Recording } from "../../support/mocks";
import { sshKeyMocks } from "../../support/ssh-keys";

/** The password that Dex searches the directory with; the tests look where it stands. */
export const bindPassword = "bind-password-of-the-directory";

/** The password that hosts log in to a registry with; looked for as well. */
export const registryPassword = "password-of-the-registry";

export type { StackOutputs };

const image = (name: string): object => ({
  reference: `redoubt.local/${name}:1.0.0`,
  url: `file:///opt/redoubt/artifacts/images/${name}.tar`,
  localPath: `/cache/images/${name}.tar`,
  sha256: "0".repeat(64),
});

/** What the toolchain would have written; nothing lies behind it. */
export const catalogue = {
  arch: "amd64",
  kubernetesVersion: "1.35.4",
  artifacts: Object.fromEntries(
    Object.entries(artifacts).map(([name, artifact]) => [
      name,
      { ...artifact, localPath: `/cache/tools/${name}` },
    ]),
  ),
  images: { pause: image("pause"), coredns: image("coredns"), probe: image("probe") },
  baseImage: "/cache/base",
  cacheDir: "/cache",
};

/** A stack that uses every block of settings. */
const settings = {
  namespaces: [{ name: "app", podSecurity: { enforce: "restricted" } }, { name: "data" }],
  network: {
    upstreamResolvers: ["192.0.2.53"],
    allow: [
      {
        name: "web-to-db",
        from: { namespace: "app", podLabels: { app: "web" } },
        to: { namespace: "data", podLabels: { app: "db" } },
        ports: [{ port: 5432 }, { port: 8000, endPort: 8010 }, { protocol: "UDP", port: 514 }],
      },
      { name: "mail", from: { namespace: "app" }, to: { cidr: "203.0.113.0/24" }, ports: [{ port: 25 }] },
    ],
  },
  hosts: { sshPublicKeys: ["ssh-ed25519 AAAA operator"] },
  identityProvider: {
    staticUsers: [{ name: "alice" }],
    ldap: {
      host: "192.0.2.7",
      certificateAuthority: makeAuthority("directory authority").certificate,
      bindDN: "cn=dex,dc=example,dc=org",
      userSearch: { baseDN: "ou=people,dc=example,dc=org" },
      groupSearch: { baseDN: "ou=groups,dc=example,dc=org" },
    },
  },
  authentication: {
    oidc: [
      {
        url: "https://login.example.org",
        audiences: ["kubernetes"],
        usernamePrefix: "corp:",
        groupsPrefix: "corp:",
      },
    ],
  },
  metricsServer: { enabled: true },
  images: {
    registries: [
      { host: "docker.io", mirrors: [{ url: "https://mirror.example.com" }] },
      { host: "mirror.example.com", username: "hosts" },
    ],
    allowedRegistries: ["docker.io"],
  },
  secrets: {
    passwordHashes: { alice: hash },
    ldapBindPassword: bindPassword,
    registryPasswords: { "mirror.example.com": registryPassword },
  },
  access: {
    roleBindings: [{ role: "developer", namespace: "app", groups: ["app-developers", "ldap:developers"] }],
    users: [{ name: "alice", group: "app-developers", validityHours: 10 }],
  },
};

/**
 * The whole program, as `pulumi up` would run it for one control plane and two workers; once in a process, because it is a module.
 *
 * @param changed Settings in place of those above.
 * @param options Default: keys as SSH needs them.
 * @param toolchain What the toolchain would have written.
 */
export async function recordProgram(
  changed: Record<string, unknown> = {},
  options: RecordOptions = { mocks: sshKeyMocks },
  toolchain: typeof catalogue = catalogue,
): Promise<Recording<StackOutputs>> {
  const folder = mkdtempSync(path.join(tmpdir(), "stack-"));
  const file = path.join(folder, "artifacts.json");
  writeFileSync(file, JSON.stringify(toolchain));
  process.env["REDOUBT_ARTIFACTS"] = file;
  process.env["PULUMI_CONFIG_SECRET_KEYS"] = JSON.stringify(["redoubt:secrets"]);
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries({ ...settings, ...changed }).map(([key, value]) => [
        `redoubt:${key}`,
        JSON.stringify(value),
      ]),
    ),
  );
  try {
    // TypeScript wants the extension of what is imported while the program runs.
    const program = async (): Promise<StackOutputs> => (await import("../../../index.js")).default;
    return await recordStack(program, options);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
