import { readFileSync } from "node:fs";
import path from "node:path";

/** The Kubernetes version that is built when nothing else is said. */
export const defaultKubernetesVersion = "1.35.4";

/** Kubernetes versions that have a recipe below `build/`; `npm run toolchain -- kubernetes-recipe` writes one. */
export const kubernetesVersions = ["1.34.4", defaultKubernetesVersion, "1.36.3"] as const;

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

/** sha256 of Kubernetes' own release binaries for linux/amd64, by version and name. */
const kubernetesChecksums: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "1.34.4": {
    "kube-apiserver": "9da2739e1cb9981986e181e9104be1863ef1d54c497e3c0232b41e1171582180",
    "kube-controller-manager": "089a7b944b1cd46f5e61d12dfe27ff769ebb6c11a1d671cfaae140a4174c039d",
    "kube-proxy": "707c5b303bf957b90812d3b0f4aa4733aabf9e997000ad59176c3487b061c13b",
    "kube-scheduler": "c21cc43d0d83ae406747587e7f1724f3d4a4f59e6b8095cb443d204a2affc848",
    kubeadm: "b967f1fa0e36621c402d38bb560eb4a943954d5cf5a00e5150842f6f5da73455",
    kubectl: "d50c359d95e0841eaad08ddc27c7be37cba8fdccfba5c8e2ded65e121ff112db",
    kubelet: "03b8fea715a7ef82eeaf518dee34c72670c57cc7bc40dc1320c04fbf4f15172f",
  },
  "1.35.4": {
    "kube-apiserver": "d5fff07e41f6826963254685667cfb3ec354dd676aa697e75c1e973e86d28fc7",
    "kube-controller-manager": "be0dc23daaf568c51017ea867707bd38ab36a78a83982bc12af9184e8e370c2c",
    "kube-proxy": "db3001aa69c853e5a1a5d51c15eff112e6342a0fea9c99d7e272b6e47268c0a3",
    "kube-scheduler": "c796c9e54fc56745b9f50d2aa464d97d10007adc7cf0ba36a9cbf450a6f11770",
    kubeadm: "0c0497da793f8897c14e45340da919534b615294a1aab69dc1998896c0f11145",
    kubectl: "b529430df69a688fd61b64ad2299edb5fd71cb58be2a4779dba624c7d3510efd",
    kubelet: "983a6ba5a49823dcdd745c674e5e2416377dd27d6ad1b42d2befa0fb961a19f6",
  },
  "1.36.3": {
    "kube-apiserver": "1f217d397234a6d065da663c6e086fdb02c0f0de97a0758ff3e6f3956f4ef8ab",
    "kube-controller-manager": "7edfe976d5a06c7a702d653e914095f4a732a04bb2139115b6a6eba6a9b781c7",
    "kube-proxy": "f1b5eb4462df9d98751264c6256628d90fdc72ba8e9a8025d1f75674f078f254",
    "kube-scheduler": "b8955d4518c902110b50a825364339b1fb673822518ce0ba081a69ed634f8eee",
    kubeadm: "bba1733c701bf70ec74ba1cc3fd5745404c1134a8a4b0a5f8560cc9832023421",
    kubectl: "ebbd080e7c2e275093b55915722043257eb24004363e20acb3c4d71919f88336",
    kubelet: "46707a53209f826ad0f0d62371ac69cd00e78fd9a8176cf5f6f87f18f7f8b718",
  },
};

function kubernetesTool(name: (typeof kubernetesPrograms)[number], version: string, purpose: Purpose): Tool {
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

/** The newest whose module answers, by commit: its tags of major version 2 have no module path of their own. */
const dexVersion = "2.44.0";

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
    ...source,
    recipe: { folder: `plugins/${name}`, package: ".", stamps },
  };
}

function ownResourcePlugin(name: string, version: string): Tool {
  return ownPlugin(name, version, pulumiPluginRelease(name, version));
}

const languageHost = "pulumi-language-nodejs";

/** Every tool, longest build last among those that nothing waits for. */
export function toolManifest(kubernetesVersion: string = defaultKubernetesVersion): readonly Tool[] {
  const pulumiVersion = npmVersion("@pulumi/pulumi");
  return [
    {
      name: "pulumi",
      version: pulumiVersion,
      purpose: "operator",
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
      name: "dex",
      version: dexVersion,
      purpose: "host",
      releaseUnpinned: "its vendor releases images only",
      recipe: {
        folder: "build/dex",
        package: "github.com/dexidp/dex/cmd/dex",
        stamps: { "main.version": `v${dexVersion}` },
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
