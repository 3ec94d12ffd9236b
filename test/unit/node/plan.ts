import { containerd } from "../../../components/node/containerd";
import { freshCertificate } from "../../../components/node/fresh-certificate";
import { kubeProxy } from "../../../components/node/kube-proxy";
import { kubeRouter } from "../../../components/node/kube-router";
import { kubelet } from "../../../components/node/kubelet";
import { controlPlaneNodeRole } from "../../../components/node/node-role";
import { podNetwork } from "../../../components/node/pod-network";
import { registryFragment, type Registry } from "../../../components/node/registries";
import { versionSkew } from "../../../components/node/version-skew";
import { firstGeneration } from "../../../components/pki/authority-generations";
import { mergeFragments } from "../../../components/plan/merge";
import type { HostPlan } from "../../../components/plan/plan";
import { artifacts, fixtureHost, hostSpecs, nodeArgs } from "../../support/fixture-cluster";

/**
 * The node plan of a host of the fixture, put together from its subjects.
 *
 * @param registries Default: none.
 */
export function nodePlan(name: string, registries: readonly Registry[] = []): HostPlan {
  const { spec } = fixtureHost(name);
  const routes = hostSpecs
    .filter((other) => other !== spec)
    .map(({ podCidr, address }) => ({ podCidr, via: address }));
  const isControlPlane = spec.role === "control-plane";
  const taint = { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" } as const;
  const options = { ...nodeArgs, nodeName: name, nodeAddress: spec.address };
  return mergeFragments({
    "version-skew": versionSkew({ controlPlanes: ["10.77.5.10"], version: "1.0.0" }),
    containerd: containerd({ ...nodeArgs, registries }),
    registries: registryFragment(registries),
    "pod-network": podNetwork({ podCidr: spec.podCidr, routes, artifacts }),
    "kube-router": kubeRouter(options),
    "kube-proxy": kubeProxy(options),
    "fresh-certificate": freshCertificate({ nodeName: name, authorities: firstGeneration }),
    kubelet: kubelet({ ...options, taints: isControlPlane ? [taint] : [] }),
    ...(isControlPlane ? { "node-role": controlPlaneNodeRole(name) } : {}),
  });
}
