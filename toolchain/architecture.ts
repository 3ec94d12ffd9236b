/** Processors that programs of hosts are made for, as Debian and Go name them. */
export const architectures = ["amd64", "arm64"] as const;
export type Architecture = (typeof architectures)[number];

/** That of the box; what runs here is of it, whatever the hosts are. `preflight.ts` refuses a box of another. */
export const boxArchitecture = "amd64" satisfies Architecture;
