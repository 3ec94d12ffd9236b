import type { PlanFragment } from "../../plan/plan";
import { renderUnit } from "../../plan/systemd";

const rulesFile = "/etc/redoubt/metadata.nft";
const unitName = "redoubt-metadata-guard.service";

/** Where the metadata service answers (AWS: Instance metadata and user data). */
const service = { ip: "169.254.169.254", ip6: "fd00:ec2::254" } as const;

/**
 * Rules for the instance metadata service (nft(8), `meta skuid`). User data holds the host key, and whoever reaches the service reads
 * it, so that is left to root, who has the key anyhow. Pods are kept off here too, beside the limit of one hop and network policies.
 * A table of its own, which no reload of another touches.
 */
export function renderMetadataGuard(): string {
  return `#!/usr/sbin/nft -f
table inet redoubt_metadata
delete table inet redoubt_metadata

table inet redoubt_metadata {
\tchain output {
\t\ttype filter hook output priority filter; policy accept;
\t\tip daddr ${service.ip} meta skuid != 0 reject with icmpx type admin-prohibited
\t\tip6 daddr ${service.ip6} meta skuid != 0 reject with icmpx type admin-prohibited
\t}

\tchain forward {
\t\ttype filter hook forward priority filter; policy accept;
\t\tip daddr ${service.ip} drop
\t\tip6 daddr ${service.ip6} drop
\t}
}
`;
}

/** The rules as a file, and the unit that loads them before any pod is started. */
export function metadataGuard(): PlanFragment {
  const load = `/usr/sbin/nft -f ${rulesFile}`;
  const content = renderUnit({
    Unit: {
      Description: "Instance metadata for root alone",
      Documentation: "man:nft(8)",
      After: "redoubt-firewall.service",
      Before: ["containerd.service", "kubelet.service"],
    },
    Service: {
      Type: "oneshot",
      RemainAfterExit: true,
      ExecStart: load,
      ExecReload: load,
      ExecStop: "/usr/sbin/nft delete table inet redoubt_metadata",
    },
    Install: { WantedBy: "multi-user.target" },
  });
  return {
    packages: ["nftables"],
    files: [
      {
        path: rulesFile,
        content: renderMetadataGuard(),
        mode: "0600",
        validate: ["/usr/sbin/nft", "--check", "--file", "{}"],
      },
    ],
    units: [{ name: unitName, content, reloadOn: [rulesFile] }],
  };
}
