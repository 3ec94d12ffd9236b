import { readFileSync } from "node:fs";
import path from "node:path";

/** The Kubernetes version that is built when nothing else is said. */
export const defaultKubernetesVersion = "1.35.4";

/** The Go that builds from modules: the same compiler gives the same bytes on every box. */
export const goVersion = "1.26.8";

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
  | "bench";

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
}

/** One tool, from wherever it comes. */
export interface Tool {
  readonly name: string;
  readonly version: string;
  readonly purpose: Purpose;
  readonly release?: Release;
  /** Why the vendor's release is not used although there is one. */
  readonly releaseUnpinned?: string;
  readonly recipe: ModuleRecipe;
}

const packageFile = path.join(__dirname, "..", "package.json");
const npmVersions = (
  JSON.parse(readFileSync(packageFile, "utf8")) as { dependencies: Record<string, string> }
).dependencies;

/** The exact version of an npm package; plugins must have the same. */
function npmVersion(name: string): string {
  const version = npmVersions[name];
  if (version === undefined) throw new Error(`package.json: ${name} is not among the dependencies`);
  return version;
}

const noChecksum = "the vendor publishes its checksum only beside the file, where it would prove nothing";

/** sha256 of Kubernetes' own release binaries for linux/amd64, by version and name. */
const kubernetesChecksums: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "1.34.4": {
    kubeadm: "b967f1fa0e36621c402d38bb560eb4a943954d5cf5a00e5150842f6f5da73455",
    kubectl: "d50c359d95e0841eaad08ddc27c7be37cba8fdccfba5c8e2ded65e121ff112db",
    kubelet: "03b8fea715a7ef82eeaf518dee34c72670c57cc7bc40dc1320c04fbf4f15172f",
  },
  "1.35.4": {
    kubeadm: "0c0497da793f8897c14e45340da919534b615294a1aab69dc1998896c0f11145",
    kubectl: "b529430df69a688fd61b64ad2299edb5fd71cb58be2a4779dba624c7d3510efd",
    kubelet: "983a6ba5a49823dcdd745c674e5e2416377dd27d6ad1b42d2befa0fb961a19f6",
  },
  "1.36.3": {
    kubeadm: "bba1733c701bf70ec74ba1cc3fd5745404c1134a8a4b0a5f8560cc9832023421",
    kubectl: "ebbd080e7c2e275093b55915722043257eb24004363e20acb3c4d71919f88336",
    kubelet: "46707a53209f826ad0f0d62371ac69cd00e78fd9a8176cf5f6f87f18f7f8b718",
  },
};

function kubernetesTool(name: string, version: string, purpose: Purpose): Tool {
  const sha256 = kubernetesChecksums[version]?.[name];
  const [major, minor] = version.split(".");
  const stamp = "k8s.io/component-base/version";
  return {
    name,
    version,
    purpose,
    ...(sha256 === undefined
      ? { releaseUnpinned: noChecksum }
      : { release: { url: `https://dl.k8s.io/release/v${version}/bin/linux/amd64/${name}`, sha256 } }),
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

const etcdVersion = "3.6.5";
const etcdRelease = {
  url: `https://github.com/etcd-io/etcd/releases/download/v${etcdVersion}/etcd-v${etcdVersion}-linux-amd64.tar.gz`,
  sha256: "66bad39ed920f6fc15fd74adcb8bfd38ba9a6412f8c7852d09eb11670e88cac3",
};

function etcdTool(name: string, module: string): Tool {
  return {
    name,
    version: etcdVersion,
    purpose: "host",
    release: { ...etcdRelease, member: `etcd-v${etcdVersion}-linux-amd64/${name}` },
    recipe: { folder: "build/etcd", package: `go.etcd.io/etcd/${module}/v3` },
  };
}

const cniVersion = "1.9.1";

function cniPlugin(name: string, group: "main" | "ipam"): Tool {
  return {
    name,
    version: cniVersion,
    purpose: "host",
    release: {
      url: `https://github.com/containernetworking/plugins/releases/download/v${cniVersion}/cni-plugins-linux-amd64-v${cniVersion}.tgz`,
      sha256: "b98f74a0f8522f0a83867178729c1aa70f2158f90c45a2ca8fa791db1c76b303",
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

/** A plugin of ours that stands in where the vendor's can't be had. */
function ownPlugin(name: string, version: string): Tool {
  const stamps = { "main.version": version };
  return {
    name,
    version,
    purpose: "plugin",
    releaseUnpinned: noChecksum,
    recipe: { folder: `plugins/${name}`, package: ".", stamps },
  };
}

/** Every tool, longest build last among those that nothing waits for. */
export function toolManifest(kubernetesVersion: string = defaultKubernetesVersion): readonly Tool[] {
  const pulumiVersion = npmVersion("@pulumi/pulumi");
  return [
    {
      name: "pulumi",
      version: pulumiVersion,
      purpose: "operator",
      releaseUnpinned: noChecksum,
      recipe: {
        folder: "build/pulumi",
        package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        stamps: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${pulumiVersion}` },
      },
    },
    ownPlugin("pulumi-language-nodejs", pulumiVersion),
    ownPlugin("pulumi-resource-command", npmVersion("@pulumi/command")),
    ownPlugin("pulumi-resource-tls", npmVersion("@pulumi/tls")),
    {
      name: "pulumi-resource-kubernetes",
      version: npmVersion("@pulumi/kubernetes"),
      purpose: "plugin",
      releaseUnpinned: noChecksum,
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
    kubernetesTool("kubectl", kubernetesVersion, "host"),
    kubernetesTool("kube-apiserver", kubernetesVersion, "host"),
    kubernetesTool("kube-controller-manager", kubernetesVersion, "host"),
    kubernetesTool("kube-scheduler", kubernetesVersion, "host"),
    kubernetesTool("kubelet", kubernetesVersion, "host"),
    kubernetesTool("kube-proxy", kubernetesVersion, "host"),
    etcdTool("etcd", "server"),
    etcdTool("etcdctl", "etcdctl"),
    etcdTool("etcdutl", "etcdutl"),
    cniPlugin("ptp", "main"),
    cniPlugin("loopback", "main"),
    cniPlugin("host-local", "ipam"),
    {
      name: "kube-router",
      version: "2.5.0",
      purpose: "host",
      releaseUnpinned: noChecksum,
      recipe: {
        folder: "build/kube-router",
        package: "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router",
      },
    },
    {
      name: "coredns",
      version: "1.13.1",
      purpose: "image",
      releaseUnpinned: noChecksum,
      recipe: { folder: "build/coredns", package: "github.com/coredns/coredns" },
    },
    {
      name: "pause",
      version: "3.10.1",
      purpose: "image",
      releaseUnpinned: "it is a program of ours that does what the upstream image does",
      recipe: { folder: "build/pause", package: "." },
    },
    kubernetesTool("kubeadm", kubernetesVersion, "bench"),
  ];
}
