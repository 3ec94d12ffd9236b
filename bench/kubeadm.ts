import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  imageArchives,
  imageReference,
  requiredBaseImage,
  type Artifacts,
} from "../components/config/artifacts";
import { bridgeName } from "../components/hosts/local";
import { containerd } from "../components/node/containerd";
import { podNetwork } from "../components/node/pod-network";
import { installed } from "../components/plan/artifact-catalog";
import { mergeFragments } from "../components/plan/merge";
import { renderScript } from "../components/plan/script";
import { run } from "../commands/shell";
import { projectFolder } from "../commands/stack";
import { writeImageArchive } from "../toolchain/oci-archive";
import { Stopwatch, type Phases } from "./stopwatch";

/** One machine of the plain cluster. */
interface Machine {
  readonly name: string;
  readonly address: string;
  readonly podCidr: string;
}

const cluster = "bench-kubeadm";
const subnet = "10.127.77";
const machines: readonly Machine[] = [
  { name: "init", address: `${subnet}.10`, podCidr: "10.244.0.0/24" },
  { name: "join-0", address: `${subnet}.32`, podCidr: "10.244.16.0/24" },
  { name: "join-1", address: `${subnet}.33`, podCidr: "10.244.17.0/24" },
];
const repository = "redoubt.local/kubeadm";
const token = "abcdef.0123456789abcdef";

/** Programs whose static pods kubeadm starts, and the tag that it gives each image. */
function controlPlaneImages(version: string): Readonly<Record<string, string>> {
  const kubernetes = `v${version}`;
  return {
    "kube-apiserver": kubernetes,
    "kube-controller-manager": kubernetes,
    "kube-scheduler": kubernetes,
    etcd: "redoubt",
  };
}

/** Archives of the same binaries that our cluster runs, where machines see them. */
async function writeImages(catalogue: Artifacts): Promise<{ reference: string; archive: string }[]> {
  const folder = path.join(catalogue.cacheDir, "images", "bench");
  mkdirSync(folder, { recursive: true });
  const images: { reference: string; archive: string }[] = [];
  for (const [name, tag] of Object.entries(controlPlaneImages(catalogue.kubernetesVersion))) {
    const reference = `${repository}/${name}:${tag}`;
    const program = catalogue.artifacts[name]?.localPath ?? "";
    const spec = {
      reference,
      architecture: catalogue.arch,
      programs: { [`usr/local/bin/${name}`]: program },
      links: {},
      entrypoint: [],
      user: 0,
    };
    await writeImageArchive(spec, path.join(folder, `${name}.tar`));
    images.push({ reference, archive: `/opt/redoubt/artifacts/images/bench/${name}.tar` });
  }
  return images;
}

const kubeletUnit = `[Unit]
After=containerd.service redoubt-prepare-node.service
[Service]
EnvironmentFile=/run/redoubt/cgroup.env
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=/usr/local/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf --config=/var/lib/kubelet/config.yaml $KUBELET_KUBEADM_ARGS $KUBELET_CGROUP_ARGS
Restart=always
RestartSec=1s
[Install]
WantedBy=multi-user.target
`;

function initConfiguration(version: string): string {
  return `apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
bootstrapTokens: [{ token: ${token} }]
localAPIEndpoint: { advertiseAddress: ${machines[0]?.address ?? ""} }
nodeRegistration: { criSocket: "unix:///run/containerd/containerd.sock", imagePullPolicy: Never }
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v${version}
imageRepository: ${repository}
etcd: { local: { imageTag: redoubt } }
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failSwapOn: false
cgroupDriver: cgroupfs
`;
}

/** What every machine has before kubeadm starts: runtime, images, pod network, kubelet. Not timed, but for the images. */
function preparation(
  machine: Machine,
  catalogue: Artifacts,
  images: { reference: string; archive: string }[],
): string {
  const { artifacts } = catalogue;
  const routes = machines
    .filter((other) => other !== machine)
    .map((other) => ({ podCidr: other.podCidr, via: other.address }));
  return renderScript(
    mergeFragments({
      containerd: containerd({
        sandboxImage: imageReference(catalogue, "pause"),
        images: [
          ...imageArchives(catalogue).filter(({ reference }) => reference.includes("/pause:")),
          ...images,
        ],
      }),
      network: podNetwork({ podCidr: machine.podCidr, routes, artifacts }),
      kubeadm: {
        artifacts: ["kubelet", "kubectl", "kubeadm"].map((name) => installed(artifacts, name)),
        files: [
          {
            path: "/etc/kubernetes/init.yaml",
            content: initConfiguration(catalogue.kubernetesVersion),
            mode: "0600",
          },
        ],
        sysctls: [{ key: "net.ipv4.ip_forward", value: "1" }],
        units: [{ name: "kubelet.service", content: kubeletUnit, state: "stopped", enabled: true }],
      },
    }),
    "kubeadm",
  );
}

/** Machines on this box with a key of their own; nothing of it outlives {@link KubeadmBench.remove}. */
class KubeadmBench {
  private readonly folder = mkdtempSync(path.join(tmpdir(), "redoubt-bench-"));

  public constructor(private readonly catalogue: Artifacts) {}

  private machineScript(verb: string, machine: Machine | undefined, input: string): Promise<string> {
    const env = {
      ...process.env,
      CLUSTER: cluster,
      BRIDGE: bridgeName(cluster),
      BRIDGE_ADDRESS: `${subnet}.1/24`,
      SUBNET: `${subnet}.0/24`,
      NAME: machine?.name,
      ADDRESS: machine?.address,
      PREFIX_LENGTH: "24",
      GATEWAY: `${subnet}.1`,
      BASE_IMAGE: requiredBaseImage(this.catalogue),
      ARTIFACT_STORE: this.catalogue.cacheDir,
      ADMIN_USER: "redoubt",
      AUTHORIZED_KEYS: readFileSync(path.join(this.folder, "key.pub"), "utf8").trim(),
    };
    return run(path.join(projectFolder, "components/hosts/local/machine.sh"), [verb], {
      env,
      input,
      stdout: "capture",
    });
  }

  public async makeKey(): Promise<void> {
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path.join(this.folder, "key")]);
  }

  public async boot(): Promise<void> {
    await this.machineScript("network-create", undefined, "");
    const hostKey = readFileSync(path.join(this.folder, "key"), "utf8");
    await Promise.all(machines.map((machine) => this.machineScript("create", machine, hostKey)));
  }

  public ssh(machine: Machine, command: string, input = ""): Promise<string> {
    const options = [
      "-q",
      "-o",
      "BatchMode=yes",
      "-o",
      "StrictHostKeyChecking=no",
      "-o",
      "UserKnownHostsFile=/dev/null",
    ];
    const args = [...options, "-i", path.join(this.folder, "key"), `redoubt@${machine.address}`, command];
    return run("ssh", args, { input, stdout: "capture" });
  }

  public async remove(): Promise<void> {
    await this.machineScript("network-delete", undefined, "");
    rmSync(path.join(this.catalogue.cacheDir, "images", "bench"), { recursive: true, force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const readyNodes =
  "sudo kubectl --kubeconfig=/etc/kubernetes/admin.conf get nodes -o 'jsonpath={.items[*].status.conditions[?(@.type==\"Ready\")].status}'";

/**
 * A plain cluster of one control plane and two workers by kubeadm, from machines switched off until all nodes are Ready; the same
 * base, binaries and pod network as ours. In its favour: no DNS, no kube-proxy, no policies, no hardening.
 */
export async function benchKubeadm(catalogue: Artifacts): Promise<Phases> {
  const images = await writeImages(catalogue);
  const bench = new KubeadmBench(catalogue);
  const [first, ...others] = machines;
  if (first === undefined) throw new Error("no machines");
  try {
    await bench.makeKey();
    const watch = new Stopwatch();
    await bench.boot();
    watch.lap("boot");
    await Promise.all(
      machines.map((machine) =>
        bench.ssh(machine, "sudo bash -s", preparation(machine, catalogue, machine === first ? images : [])),
      ),
    );
    watch.lap("runtime and images");
    const skip = "--ignore-preflight-errors=all --skip-phases=addon/coredns,addon/kube-proxy";
    await bench.ssh(first, `sudo kubeadm init --config=/etc/kubernetes/init.yaml ${skip}`);
    watch.lap("init");
    const join = `sudo kubeadm join ${first.address}:6443 --token ${token} --discovery-token-unsafe-skip-ca-verification --ignore-preflight-errors=all`;
    await Promise.all(others.map((machine) => bench.ssh(machine, join)));
    while ((await bench.ssh(first, readyNodes)).trim() !== "True True True")
      await new Promise((next) => setTimeout(next, 100));
    watch.lap("join and Ready");
    return watch.phases();
  } finally {
    await bench.remove();
  }
}
