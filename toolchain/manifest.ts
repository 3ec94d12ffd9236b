import { readFileSync } from "node:fs";
import path from "node:path";
import { boxArchitecture, type Architecture } from "./architecture";
import { kubernetesChecksums } from "./kubernetes-checksums";
import type { Trim } from "./trimmed-module";

/** The Kubernetes version that is built when nothing else is said. */
export const defaultKubernetesVersion = "1.35.4";

/** Kubernetes versions that have a recipe below `build/`; `npm run toolchain -- kubernetes-recipe` writes one. */
export const kubernetesVersions = ["1.34.4", defaultKubernetesVersion, "1.36.3"] as const;

/** The minor after the default one, to which the tests upgrade. */
export const newestKubernetesVersion = kubernetesVersions[2];

/** Programs of Kubernetes, by the name of their folder in its repository. */
export const kubernetesPrograms = [
  "kubectl",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "kube-proxy",
  "kubeadm",
] as const;

/** The Go that builds from modules: the same compiler gives the same bytes on every box. */
export const goVersion = "1.26.8";

/** Go's own checksum (golang.org/ref/mod#go-sum-files) of the module that holds the pinned Go for linux/amd64. */
export const goToolchainSum = "h1:ZOmGe1OnfREDMIdb1Qi4G9JSuDPBLGExZMQ4nis1RXM=";

/** What a tool is for. */
export type Purpose =
  /** Runs on the operator's box. */
  | "operator"
  /** Is installed on hosts. */
  | "host"
  /** Is started by the Pulumi engine. */
  | "plugin"
  /** Is put into a container image. */
  | "image"
  /** Only for `npm run bench`. */
  | "bench"
  /** Is run on hosts by `npm run cis` alone. */
  | "cis"
  /** Only for `npm run e2e`. */
  | "e2e"
  /** Only for `npm test`. */
  | "test";

/** A vendor's release, with the checksum that it must have. */
export interface Release {
  readonly url: string;
  /** Hex sha256 of what the URL gives. */
  readonly sha256: string;
  /** For an archive: the member that is the program. Default: the URL gives the program itself. */
  readonly member?: string;
}

/** How a tool is built from published Go modules. */
export interface ModuleRecipe {
  /** Folder with go.mod and go.sum, relative to `toolchain/`. */
  readonly folder: string;
  /** Import path of the main package, `.` for the folder's own. */
  readonly package: string;
  /** `-X` assignments: import path and variable → value. */
  readonly stamps?: Readonly<Record<string, string>>;
  /** Files of a required module that the main package embeds. */
  readonly embeds?: { readonly module: string; readonly files: readonly string[] };
  /** A required module of which little is compiled. */
  readonly trims?: Trim;
  /** Whether the program is the package's tests. Default: false. */
  readonly tests?: boolean;
}

/** A part of a cluster that is off unless it is configured, and whose program few need. */
export type OptionalPart = "metricsServer";

/** One tool, from wherever it comes. */
export interface Tool {
  readonly name: string;
  readonly version: string;
  readonly purpose: Purpose;
  /** Where it runs: on the box, or on hosts. */
  readonly architecture: Architecture;
  readonly release?: Release;
  /** Why the vendor's release is not used although there is one. */
  readonly releaseUnpinned?: string;
  /** It is provided only where this is configured. Default: always. */
  readonly neededFor?: OptionalPart;
  readonly recipe: ModuleRecipe;
}

/** The release that is the program itself, as a host can install it. Of an archive only the whole is pinned, not the program in it. */
export function programRelease({ release }: Tool): Pick<Release, "url" | "sha256"> | undefined {
  if (release === undefined || release.member !== undefined) return undefined;
  return { url: release.url, sha256: release.sha256 };
}

const packageFile = path.join(__dirname, "..", "package.json");
const npmVersions = (
  JSON.parse(readFileSync(packageFile, "utf8")) as { dependencies: Record<string, string> }
).dependencies;

/** The exact version of an npm package; plugins must have the same. */
export function npmVersion(name: string): string {
  const version = npmVersions[name];
  if (version === undefined) throw new Error(`package.json: ${name} is not among the dependencies`);
  return version;
}

const noChecksum = "no checksum of it is published apart from the file itself, where it would prove nothing";

function kubernetesTool(
  name: (typeof kubernetesPrograms)[number],
  version: string,
  purpose: Purpose,
  architecture: Architecture,
): Tool {
  const sha256 = kubernetesChecksums[version]?.[architecture][name];
  const [major, minor] = version.split(".");
  const stamp = "k8s.io/component-base/version";
  return {
    name,
    version,
    purpose,
    architecture,
    ...(sha256 === undefined
      ? { releaseUnpinned: noChecksum }
      : {
          release: { url: `https://dl.k8s.io/release/v${version}/bin/linux/${architecture}/${name}`, sha256 },
        }),
    recipe: {
      folder: `build/kubernetes-${version}`,
      package: `k8s.io/kubernetes/cmd/${name}`,
      stamps: {
        [`${stamp}.gitVersion`]: `v${version}`,
        [`${stamp}.gitMajor`]: major ?? "",
        [`${stamp}.gitMinor`]: minor ?? "",
        [`${stamp}.gitTreeState`]: "clean",
        "k8s.io/client-go/pkg/version.gitVersion": `v${version}`,
      },
    },
  };
}

/** Kubernetes' own end-to-end tests, which run on the box, and the program that most of their pods run. */
function kubernetesTests(version: string, hostArchitecture: Architecture): readonly Tool[] {
  const common = { version, purpose: "e2e" } as const;
  const folder = `build/kubernetes-tests-${version}`;
  return [
    {
      ...common,
      name: "e2e.test",
      architecture: boxArchitecture,
      releaseUnpinned: noChecksum,
      recipe: { folder, package: "k8s.io/kubernetes/test/e2e", tests: true },
    },
    {
      ...common,
      name: "agnhost",
      architecture: hostArchitecture,
      releaseUnpinned: "its vendor releases images only",
      recipe: { folder, package: "k8s.io/kubernetes/test/images/agnhost" },
    },
  ];
}

const etcdVersion = "3.6.5";

/** sha256 of etcd's archives for Linux, as kubespray has them. */
const etcdChecksums: Readonly<Record<Architecture, string>> = {
  amd64: "66bad39ed920f6fc15fd74adcb8bfd38ba9a6412f8c7852d09eb11670e88cac3",
  arm64: "7010161787077b07de29b15b76825ceacbbcedcb77fe2e6832f509be102cab6b",
};

function etcdTool(name: string, module: string, architecture: Architecture): Tool {
  const archive = `etcd-v${etcdVersion}-linux-${architecture}`;
  return {
    name,
    version: etcdVersion,
    purpose: "host",
    architecture,
    release: {
      url: `https://github.com/etcd-io/etcd/releases/download/v${etcdVersion}/${archive}.tar.gz`,
      sha256: etcdChecksums[architecture],
      member: `${archive}/${name}`,
    },
    recipe: { folder: "build/etcd", package: `go.etcd.io/etcd/${module}/v3` },
  };
}

/** The newest whose module answers, by commit: its tags of major version 2 have no module path of their own. */
const dexVersion = "2.44.0";

/** The newest; it is for Kubernetes 1.34 and later (its README, "Compatibility Matrix"). */
const metricsServerVersion = "0.9.0";

/** The newest that is published as a module; its newest checks are of CIS 1.11. */
const kubeBenchVersion = "0.14.0";

/** kube-bench's engine and checks in one file, for hosts. The vendor's release has them in a folder, and a configuration to find others by. */
function cisBenchmark(architecture: Architecture): Tool {
  const parts = ["controlplane", "etcd", "master", "node"];
  return {
    name: "cis-benchmark",
    version: kubeBenchVersion,
    purpose: "cis",
    architecture,
    releaseUnpinned: "it is a program of ours around a library",
    recipe: {
      folder: "build/cis-benchmark",
      package: ".",
      embeds: {
        module: "github.com/aquasecurity/kube-bench",
        files: parts.map((part) => `cfg/cis-1.11/${part}.yaml`),
      },
    },
  };
}

const cniVersion = "1.9.1";

/** sha256 of the archives of the CNI plugins for Linux, as kubespray has them. */
const cniChecksums: Readonly<Record<Architecture, string>> = {
  amd64: "b98f74a0f8522f0a83867178729c1aa70f2158f90c45a2ca8fa791db1c76b303",
  arm64: "56171987d3947707c3563db2f4001bccaf50fd63468611b9f3cbecb1375ee7ec",
};

function cniPlugin(name: string, group: "main" | "ipam", architecture: Architecture): Tool {
  return {
    name,
    version: cniVersion,
    purpose: "host",
    architecture,
    release: {
      url: `https://github.com/containernetworking/plugins/releases/download/v${cniVersion}/cni-plugins-linux-${architecture}-v${cniVersion}.tgz`,
      sha256: cniChecksums[architecture],
      member: `./${name}`,
    },
    recipe: {
      folder: "build/cni-plugins",
      package: `github.com/containernetworking/plugins/plugins/${group}/${name}`,
      stamps: {
        "github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion": `v${cniVersion}`,
      },
    },
  };
}

/**
 * sha256 of Pulumi's releases for linux/amd64, by archive; those of the CLI as its Homebrew tap has them, those of plugins as
 * nixpkgs has them. A version that is not here is built from modules.
 */
const pulumiChecksums: Readonly<Record<string, string>> = {
  "pulumi-v3.232.0": "8b72c69d8b66530ede5c6907d7d0bb3fcacac440c59e3aa2f7226e78dc724423",
  "pulumi-resource-kubernetes-v4.25.0": "6ea3d53c16a00c4d1017c4d109928d8f4801fd7cd978965cd43917561f3774b0",
  "pulumi-resource-tls-v5.3.0": "0f40f4e6b7c369c0451652bd92b5508f6a67605db84645cee9d0c161a1b50d06",
};

type Source = Pick<Tool, "release"> | Pick<Tool, "releaseUnpinned">;

/** The archive of the CLI, which holds its language hosts too. */
function pulumiRelease(name: string, version: string): Source {
  const sha256 = pulumiChecksums[`pulumi-v${version}`];
  if (sha256 === undefined) return { releaseUnpinned: noChecksum };
  const url = `https://github.com/pulumi/pulumi/releases/download/v${version}/pulumi-v${version}-linux-x64.tar.gz`;
  return { release: { url, sha256, member: `pulumi/${name}` } };
}

function pulumiPluginRelease(name: string, version: string): Source {
  const sha256 = pulumiChecksums[`${name}-v${version}`];
  if (sha256 === undefined) return { releaseUnpinned: noChecksum };
  const url = `https://api.pulumi.com/releases/plugins/${name}-v${version}-linux-amd64.tar.gz`;
  return { release: { url, sha256, member: name } };
}

/** A plugin with a recipe of ours, which stands in where the vendor's can't be had. */
function ownPlugin(name: string, version: string, source: Source): Tool {
  const stamps = { "main.version": version };
  return {
    name,
    version,
    purpose: "plugin",
    architecture: boxArchitecture,
    ...source,
    recipe: { folder: `plugins/${name}`, package: ".", stamps },
  };
}

function ownResourcePlugin(name: string, version: string): Tool {
  return ownPlugin(name, version, pulumiPluginRelease(name, version));
}

const languageHost = "pulumi-language-nodejs";

/** What runs on the box alone: the engine and its plugins. */
function engineTools(): readonly Tool[] {
  const pulumiVersion = npmVersion("@pulumi/pulumi");
  return [
    {
      name: "pulumi",
      version: pulumiVersion,
      purpose: "operator",
      architecture: boxArchitecture,
      ...pulumiRelease("pulumi", pulumiVersion),
      recipe: {
        folder: "build/pulumi",
        package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        stamps: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${pulumiVersion}` },
      },
    },
    ownPlugin(languageHost, pulumiVersion, pulumiRelease(languageHost, pulumiVersion)),
    ownResourcePlugin("pulumi-resource-command", npmVersion("@pulumi/command")),
    ownResourcePlugin("pulumi-resource-tls", npmVersion("@pulumi/tls")),
    {
      name: "pulumi-resource-kubernetes",
      version: npmVersion("@pulumi/kubernetes"),
      purpose: "plugin",
      architecture: boxArchitecture,
      ...pulumiPluginRelease("pulumi-resource-kubernetes", npmVersion("@pulumi/kubernetes")),
      recipe: {
        folder: "build/pulumi-resource-kubernetes",
        package: ".",
        stamps: { "main.version": npmVersion("@pulumi/kubernetes") },
        embeds: {
          module: "github.com/pulumi/pulumi-kubernetes/provider/v4",
          files: [
            "cmd/pulumi-resource-kubernetes/schema.json",
            "cmd/pulumi-resource-kubernetes/terraform-mapping.json",
          ],
        },
      },
    },
  ];
}

const awsProvider = "github.com/hashicorp/terraform-provider-aws";

/**
 * The plugin for tests against an emulator of AWS. It knows what the stack makes and nothing else, so of the provider's 260 services
 * few are compiled; organizations and account because ec2 asks them. Stacks get the vendor's (engine-plugin.ts).
 */
function awsTestPlugin(): Tool {
  const version = npmVersion("@pulumi/aws");
  return {
    name: "pulumi-resource-aws-test",
    version,
    purpose: "test",
    architecture: boxArchitecture,
    releaseUnpinned: "for tests it is HashiCorp's provider behind Pulumi's bridge",
    recipe: {
      folder: "build/pulumi-resource-aws",
      package: ".",
      stamps: { "main.version": version },
      trims: {
        module: awsProvider,
        folders: ["internal", "names", "version", "xpprovider"],
        keep: {
          [`${awsProvider}/internal/service`]: ["ec2", "elbv2", "kms", "organizations", "route53"],
          "github.com/aws/aws-sdk-go-v2/service": [
            ...["account", "ec2", "elasticloadbalancingv2", "kms", "organizations"],
            // The last two by what every service shares: its client for buckets, and policies of tags.
            ...["route53", "s3", "resourcegroupstaggingapi"],
          ],
        },
        lists: ["internal/conns/awsclient_gen.go", "internal/provider/sdkv2/service_packages_gen.go"],
        omit: ["sweep.go"],
      },
    },
  };
}

/** What is installed on hosts, or put into the images that they run. */
function hostTools(kubernetesVersion: string, architecture: Architecture): readonly Tool[] {
  return [
    kubernetesTool("kubectl", kubernetesVersion, "host", architecture),
    kubernetesTool("kube-apiserver", kubernetesVersion, "host", architecture),
    kubernetesTool("kube-controller-manager", kubernetesVersion, "host", architecture),
    kubernetesTool("kube-scheduler", kubernetesVersion, "host", architecture),
    kubernetesTool("kubelet", kubernetesVersion, "host", architecture),
    kubernetesTool("kube-proxy", kubernetesVersion, "host", architecture),
    etcdTool("etcd", "server", architecture),
    etcdTool("etcdctl", "etcdctl", architecture),
    etcdTool("etcdutl", "etcdutl", architecture),
    cniPlugin("ptp", "main", architecture),
    cniPlugin("loopback", "main", architecture),
    cniPlugin("host-local", "ipam", architecture),
    {
      name: "kube-router",
      version: "2.5.0",
      purpose: "host",
      architecture,
      releaseUnpinned: noChecksum,
      recipe: {
        folder: "build/kube-router",
        package: "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router",
      },
    },
    {
      name: "dex",
      version: dexVersion,
      purpose: "host",
      architecture,
      releaseUnpinned: "its vendor releases images only",
      recipe: {
        folder: "build/dex",
        package: "github.com/dexidp/dex/cmd/dex",
        stamps: { "main.version": `v${dexVersion}` },
      },
    },
    {
      name: "metrics-server",
      version: metricsServerVersion,
      purpose: "host",
      architecture,
      releaseUnpinned: "its vendor releases images only",
      neededFor: "metricsServer",
      recipe: {
        folder: "build/metrics-server",
        package: "sigs.k8s.io/metrics-server/cmd/metrics-server",
        stamps: { "k8s.io/client-go/pkg/version.gitVersion": `v${metricsServerVersion}` },
      },
    },
    {
      name: "coredns",
      version: "1.13.1",
      purpose: "image",
      architecture,
      releaseUnpinned: noChecksum,
      recipe: { folder: "build/coredns", package: "github.com/coredns/coredns" },
    },
    {
      name: "pause",
      version: "3.10.1",
      purpose: "image",
      architecture,
      releaseUnpinned: "it is a program of ours that does what the upstream image does",
      recipe: { folder: "build/pause", package: "." },
    },
    {
      name: "probe",
      version: "1",
      purpose: "image",
      architecture,
      releaseUnpinned: "it is a program of ours",
      recipe: { folder: "build/probe", package: "." },
    },
  ];
}

/** Programs of hosts that whoever operates the cluster runs too. */
const alsoForOperators: readonly string[] = ["kubectl", "etcdctl", "etcdutl"];

/** Those programs for the box, where hosts have others. */
function operatorTools(kubernetesVersion: string, hostArchitecture: Architecture): readonly Tool[] {
  if (hostArchitecture === boxArchitecture) return [];
  return hostTools(kubernetesVersion, boxArchitecture)
    .filter(({ name }) => alsoForOperators.includes(name))
    .map((tool) => ({ ...tool, purpose: "operator" }));
}

/**
 * Every tool, longest build last among those that nothing waits for.
 *
 * @param hostArchitecture Of what hosts install and run; everything else is of the box's. Default: the box's.
 */
export function toolManifest(
  kubernetesVersion: string = defaultKubernetesVersion,
  hostArchitecture: Architecture = boxArchitecture,
): readonly Tool[] {
  return [
    ...engineTools(),
    ...operatorTools(kubernetesVersion, hostArchitecture),
    ...hostTools(kubernetesVersion, hostArchitecture),
    // Its machines are local ones.
    kubernetesTool("kubeadm", kubernetesVersion, "bench", boxArchitecture),
    {
      name: "actionlint",
      version: "1.7.7",
      purpose: "test",
      architecture: boxArchitecture,
      releaseUnpinned: noChecksum,
      recipe: { folder: "build/actionlint", package: "github.com/rhysd/actionlint/cmd/actionlint" },
    },
    cisBenchmark(hostArchitecture),
    ...kubernetesTests(kubernetesVersion, hostArchitecture),
    awsTestPlugin(),
  ];
}
