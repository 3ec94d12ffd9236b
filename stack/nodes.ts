import { imageArchives, imageReference } from "../components/config/artifacts";
import type { ControlPlane } from "../components/control-plane/control-plane";
import type { HardenedHost } from "../components/hosts/hardened-host";
import { Node } from "../components/node/node";
import type { Blueprint } from "./blueprint";

/** A node on each host; nodes start together with the control plane and wait for it. */
export function joinNodes(
  { settings, layout, catalogue }: Blueprint,
  hosts: readonly HardenedHost[],
  controlPlane: ControlPlane,
): Node[] {
  // Control planes change one after the other: nodes that waited for the last one on their hosts could take every slot of the
  // engine from it.
  const dependsOn = controlPlane.applied.length > 1 ? [controlPlane] : [];
  return hosts.map((host) => {
    const args = {
      ...settings.network,
      host,
      allHosts: layout.hosts,
      clusterDns: layout.dnsServiceAddress,
      sandboxImage: imageReference(catalogue, "pause"),
      images: imageArchives(catalogue),
      artifacts: catalogue.artifacts,
    };
    return new Node(`node-${host.spec.name}`, args, { dependsOn });
  });
}
