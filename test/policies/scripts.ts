import assert from "node:assert/strict";
import { renderEncryptionConfiguration } from "../../components/control-plane/encryption";
import { etcdMember } from "../../components/etcd/etcd-member";
import { metadataGuard } from "../../components/hosts/aws/metadata-guard";
import { hardeningFragments } from "../../components/hosts/hardening/harden";
import { metricsServer } from "../../components/metrics/metrics-server";
import { renderKubeconfig } from "../../components/pki/kubeconfig";
import { registryLoginFiles, type Registry } from "../../components/node/registries";
import { mergeFragments } from "../../components/plan/merge";
import type { SecretFileSpec } from "../../components/plan/plan";
import { renderScript } from "../../components/plan/script";
import { renderSecretScript } from "../../components/plan/secret-script";
import { artifacts } from "../support/fixture-cluster";
import { controlPlanePlan } from "../unit/control-plane/plan";
import { nodePlan } from "../unit/node/plan";
import { secret, unknown, type TestResource } from "./judge";

const member = { name: "control-plane-0", address: "10.77.5.10" };

const pem = (label: string): string => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
const kubeconfig = renderKubeconfig({
  clusterName: "test",
  server: "https://10.77.5.10:6443",
  certificateAuthority: pem("CERTIFICATE"),
  user: "somebody",
  clientCertificate: pem("CERTIFICATE"),
  clientKey: pem("EC PRIVATE KEY"),
});

function secretFile(path: string, owner: string, content: string, mode = "0600"): SecretFileSpec {
  return { path, owner, group: owner, mode, content };
}

/** A mirror in place of Docker Hub, with an authority and a login of its own. */
const registries: readonly Registry[] = [
  {
    host: "docker.io",
    mirrors: [{ url: "https://mirror.example.com", overridePath: false }],
    fallback: false,
  },
  {
    host: "mirror.example.com",
    mirrors: [],
    fallback: false,
    certificateAuthority: pem("CERTIFICATE"),
    username: "hosts",
  },
];

const secretFiles: readonly SecretFileSpec[] = [
  secretFile("/etc/kubernetes/pki/ca.crt", "root", pem("CERTIFICATE"), "0644"),
  secretFile("/etc/kubernetes/kube-apiserver/tls.crt", "kube-apiserver", pem("CERTIFICATE"), "0644"),
  secretFile("/etc/kubernetes/kube-apiserver/tls.key", "kube-apiserver", pem("EC PRIVATE KEY")),
  secretFile(
    "/etc/kubernetes/kube-apiserver/encryption.yaml",
    "kube-apiserver",
    renderEncryptionConfiguration("secretbox", [{ name: "key1", secret: "AAAA" }]),
  ),
  secretFile("/etc/kubernetes/super-admin.conf", "root", kubeconfig),
  secretFile("/etc/kubernetes/scheduler.conf", "root", kubeconfig),
  secretFile("/etc/dex/kubeconfig", "dex", kubeconfig),
  ...registryLoginFiles(registries, { "mirror.example.com": "word" }),
];

/** Scripts of every phase, as the program renders them. */
export const scripts = {
  /** On AWS, where the most belongs to it. */
  harden: renderScript(
    mergeFragments({
      "metadata-guard": metadataGuard(),
      ...hardeningFragments({
        adminUser: "redoubt",
        role: "control-plane",
        podCidr: "10.244.32.0/24",
        serviceClusterIpRange: "10.96.0.0/16",
        sources: {
          operators: ["10.77.5.1"],
          apiClients: ["10.77.5.1"],
          controlPlanes: ["10.77.5.10"],
          nodes: ["10.77.5.10", "10.77.5.32"],
          pods: ["10.244.0.0/16"],
        },
        timeServers: [],
        automaticReboot: false,
      }),
    }),
    "harden",
  ),
  etcd: renderScript(
    mergeFragments({
      etcd: etcdMember({ member, members: [member], clusterToken: "test", artifacts }),
    }),
    "etcd",
  ),
  controlPlane: renderScript(controlPlanePlan, "control-plane"),
  node: renderScript(nodePlan("worker-0", registries), "node"),
  metricsServer: renderScript(
    mergeFragments({ "metrics-server": metricsServer({ address: "10.77.5.10", artifacts }) }),
    "metrics-server",
  ),
  secrets: renderSecretScript([], secretFiles),
} as const;

/** A change of a script. */
export type Edit = (script: string) => string;

/** Puts a text in place of another, which must be there. */
export function replace(from: string, to: string): Edit {
  return (script) => {
    assert.ok(script.includes(from), `the script does not say ${JSON.stringify(from)}`);
    return script.replace(from, () => to);
  };
}

/** Gives the program a flag, another value of it, or takes it away. */
export function flag(program: string, name: string, value: string | undefined): Edit {
  const start = `ExecStart=/usr/local/bin/${program} \\\n`;
  return (script) => {
    assert.ok(script.includes(start), `the script does not start ${program}`);
    const from = script.indexOf(start) + start.length;
    const end = /[^\\]\n/g;
    end.lastIndex = from;
    const to = (end.exec(script)?.index ?? from) + 1;
    const others = script
      .slice(from, to)
      .split(" \\\n")
      .filter((line) => !line.startsWith(`  --${name}=`));
    const lines = value === undefined ? others : [...others, `  --${name}=${value}`];
    return script.slice(0, from) + lines.join(" \\\n") + script.slice(to);
  };
}

/** Gives the program words in front of its others, as `--profiling=true`, whether it has that flag already or not. */
export function wordsBefore(program: string, ...words: readonly string[]): Edit {
  const start = `ExecStart=/usr/local/bin/${program} \\\n`;
  return replace(start, start + words.map((word) => `  ${word} \\\n`).join(""));
}

/** All of them, one after another. */
export function edits(...all: readonly Edit[]): Edit {
  return (script) => all.reduce((text, edit) => edit(text), script);
}

/** How a script was before. */
export const asItIs: Edit = (script) => script;

const connection = {
  host: "10.77.5.10",
  user: "redoubt",
  privateKey: secret(pem("OPENSSH PRIVATE KEY")),
  hostKey: "ssh-ed25519 AAAA",
};

/** The command that carries a script to a host. */
export function command(kind: "ApplyPlan" | "SecretFiles", stdin: unknown): TestResource {
  const run = "sudo --non-interactive bash -s";
  return {
    type: "command:remote:Command",
    name: kind === "ApplyPlan" ? "host-plan-apply" : "host-secrets-write",
    parents: ["redoubt:hosts:HardenedHost", `redoubt:plan:${kind}`],
    inputs: {
      connection,
      create: run,
      update: run,
      stdin: kind === "ApplyPlan" || stdin === unknown ? stdin : secret(stdin),
      logging: "none",
      addPreviousOutputInEnv: false,
    },
    outputs: { stdout: '{"changed":[],"notApplicable":[]}\n', stderr: "" },
    ...(kind === "SecretFiles" ? { additionalSecretOutputs: ["stdout", "stderr"] } : {}),
  };
}
