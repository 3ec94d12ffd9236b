import { imageArchives, imageReference } from "../components/config/artifacts";
import type { ControlPlane } from "../components/control-plane/control-plane";
import type { HardenedHost } from "../components/hosts/hardened-host";
import type { HostProvider } from "../components/hosts/host";
import { Node, type LeavesBy } from "../components/node/node";
import { isRotated } from "../components/pki/authority-generations";
import type { Blueprint } from "./blueprint";

/** The first control plane lets the others go. */
function farewell({ hosts }: HostProvider, [first]: readonly HardenedHost[]): LeavesBy | undefined {
  const machine = hosts.find(({ spec }) => spec.name === first?.spec.name)?.ready[0];
  if (first === undefined || machine === undefined) return undefined;
  return { connection: first.connection, deletedWith: machine };
}

/** Control planes first. A worker that is added last, perhaps to make room for pods, must not wait for one that can't be drained. */
function inOrderOfTurns(hosts: readonly HardenedHost[]): readonly HardenedHost[] {
  const isWorker = ({ spec }: HardenedHost): boolean => spec.role === "worker";
  return [...hosts.filter((host) => !isWorker(host)), ...hosts.filter(isWorker).reverse()];
}

/** A node on each host; nodes start together with the control plane and wait for it, and change their version one after the other. */
export function joinNodes(
  { settings, layout, catalogue }: Blueprint,
  machines: HostProvider,
  hosts: readonly HardenedHost[],
  controlPlane: ControlPlane,
): Node[] {
  const leavesBy = farewell(machines, hosts);
  // Control planes change one after the other: nodes that waited for the last one on their hosts could take every slot of the
  // engine from it.
  // While authorities are rotated every signer must be a new one before a kubelet asks for a certificate.
  const { authorities } = settings.pki;
  const dependsOn = controlPlane.applied.length > 1 || isRotated(authorities) ? [controlPlane] : [];
  const [first] = hosts;
  const nodes: Node[] = [];
  for (const host of inOrderOfTurns(hosts)) {
    const args = {
      ...settings.network,
      authorities,
      host,
      allHosts: layout.hosts,
      podRoutes: machines.podRoutes,
      clusterDns: layout.dnsServiceAddress,
      sandboxImage: imageReference(catalogue, "pause"),
      images: imageArchives(catalogue),
      registries: settings.images.registries,
      artifacts: catalogue.artifacts,
      leavesBy: host === first ? undefined : leavesBy,
      upgradesBy: first && {
        ...settings.kubernetes.upgrade,
        connection: first.connection,
        after: nodes.at(-1)?.turn,
      },
    };
    nodes.push(new Node(`node-${host.spec.name}`, args, { dependsOn }));
  }
  return nodes;
}
