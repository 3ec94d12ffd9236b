import { createHash } from "node:crypto";
import type { HostPlan } from "./plan";
import { planFiles, type Phase } from "./script";

/** One thing that is true of a host whose plan was applied; drift is where it is not. */
export type ManifestEntry =
  | {
      readonly kind: "file" | "directory";
      readonly path: string;
      readonly owner: string;
      readonly group: string;
      readonly mode: string;
      /** Hex sha256 of the content; files only. */
      readonly sha256?: string;
    }
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  | { readonly kind: "artifact"; readonly path: string; readonly sha256: string }
  | { readonly kind: "absent"; readonly path: string }
  | { readonly kind: "package" | "user" | "group"; readonly name: string }
  | { readonly kind: "sysctl"; readonly key: string; readonly value: string }
  | {
      readonly kind: "unit";
      readonly name: string;
      readonly enabled: boolean;
      readonly state: "started" | "stopped" | "masked";
    };

/** Everything that a plan promises, in the plan's order. */
export function renderManifest(plan: HostPlan, phase: Phase): readonly ManifestEntry[] {
  return [
    ...plan.packages.map((name) => ({ kind: "package", name }) as const),
    ...plan.groups.map(({ name }) => ({ kind: "group", name }) as const),
    ...plan.users.map(({ name }) => ({ kind: "user", name }) as const),
    ...plan.directories.map(
      ({ path, owner = "root", group = "root", mode = "0755" }) =>
        ({ kind: "directory", path, owner, group, mode }) as const,
    ),
    ...plan.artifacts.map(({ path, sha256 }) => ({ kind: "artifact", path, sha256 }) as const),
    ...planFiles(plan, phase).map(({ path, content, owner = "root", group = "root", mode = "0644" }) => {
      const sha256 = createHash("sha256").update(content).digest("hex");
      return { kind: "file", path, owner, group, mode, sha256 } as const;
    }),
    ...plan.links.map(({ path, target }) => ({ kind: "link", path, target }) as const),
    ...plan.absent.map((path) => ({ kind: "absent", path }) as const),
    ...plan.sysctls.map(({ key, value }) => ({ kind: "sysctl", key, value }) as const),
    ...plan.units.map(({ name, enabled, state = "started" }) => {
      return { kind: "unit", name, enabled: enabled ?? state === "started", state } as const;
    }),
  ];
}
