import type { PlanFragment } from "../plan/plan";
import { apiServerPort } from "../plan/ports";
import { renderUnit } from "../plan/systemd";
import { readers } from "../pki/readers";

/** Where Dex may connect to. */
export interface DexEgressOptions {
  readonly apiServerAddress: string;
  readonly ldap?: { readonly addresses: readonly string[]; readonly port: number } | undefined;
}

const rulesFile = "/etc/redoubt/dex-egress.nft";
/** Loads the rules; Dex does not run without it. */
export const dexEgressUnit = "redoubt-dex-egress.service";

/**
 * Rules for what Dex's user sends (nft(8), `meta skuid`): answers to who connected to it, its store, its directory; everything else
 * is refused at once, so that a mistake shows as an error and not as silence. A table of its own: the host firewall's reload and
 * this one's leave each other alone.
 */
export function renderDexEgress({ apiServerAddress, ldap }: DexEgressOptions): string {
  const directory = (ldap?.addresses ?? []).map(
    (address) => `\t\tip daddr ${address} tcp dport ${ldap?.port ?? 636} accept comment "ldap"\n`,
  );
  return `#!/usr/sbin/nft -f
table inet redoubt_dex
delete table inet redoubt_dex

table inet redoubt_dex {
\tchain output {
\t\ttype filter hook output priority filter; policy accept;
\t\tmeta skuid ${readers.dex.user} jump dex
\t}

\tchain dex {
\t\tct state established,related accept
\t\tip daddr ${apiServerAddress} tcp dport ${apiServerPort} accept comment "kube-apiserver"
${directory.join("")}\t\treject with icmpx type admin-prohibited
\t}
}
`;
}

/** The rules as a file, and the unit that loads them before Dex starts. */
export function dexEgress(options: DexEgressOptions): PlanFragment {
  const load = `/usr/sbin/nft -f ${rulesFile}`;
  const content = renderUnit({
    Unit: {
      Description: "Where Dex may connect to",
      Documentation: "man:nft(8)",
      Before: "dex.service",
      After: "redoubt-firewall.service",
    },
    Service: {
      Type: "oneshot",
      RemainAfterExit: true,
      ExecStart: load,
      ExecReload: load,
      ExecStop: "/usr/sbin/nft delete table inet redoubt_dex",
    },
    Install: { WantedBy: "multi-user.target" },
  });
  return {
    files: [
      {
        path: rulesFile,
        content: renderDexEgress(options),
        mode: "0600",
        validate: ["/usr/sbin/nft", "--check", "--file", "{}"],
      },
    ],
    units: [{ name: dexEgressUnit, content, reloadOn: [rulesFile] }],
  };
}
