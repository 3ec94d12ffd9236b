import { createHash } from "node:crypto";
import type { DirectorySpec, FileSpec, StepSpec } from "./plan";
import type { ScriptContents, ScriptUnit } from "./read-script";

/** One thing that is true of a host whose script was run; drift is where it is not. */
export type ManifestEntry =
  | { readonly kind: "package" | "group"; readonly name: string }
  | {
      readonly kind: "user";
      readonly name: string;
      readonly shell: string;
      /** Supplementary groups that it must be in. */
      readonly groups: readonly string[];
    }
  | ({ readonly kind: "directory" } & Required<DirectorySpec>)
  | {
      readonly kind: "file";
      readonly path: string;
      readonly owner: string;
      readonly group: string;
      /** Octal, four digits. */
      readonly mode: string;
      /** Hex sha256 of the content. */
      readonly sha256: string;
      /** The content where everybody may know it; undefined for secrets. */
      readonly shown: string | undefined;
    }
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  | {
      readonly kind: "artifact";
      readonly path: string;
      readonly sha256: string;
      /** Where the path must lead, when it is a link to a store. */
      readonly target: string | undefined;
    }
  | { readonly kind: "absent"; readonly path: string }
  | {
      readonly kind: "sysctl";
      readonly key: string;
      readonly value: string;
      /** False when a container can't set it. */
      readonly namespaced: boolean;
    }
  | ({ readonly kind: "step" } & Pick<StepSpec, "description" | "unless">)
  | ({ readonly kind: "unit" } & Pick<ScriptUnit, "name" | "enabled" | "state" | "needsOwnKernel">);

/** An entry of one kind. */
export type EntryOf<Kind extends ManifestEntry["kind"]> = Extract<ManifestEntry, { kind: Kind }>;

/** What a file must be; `shown` says whether its content may be told. */
function fileEntry(file: Required<FileSpec>, shown: boolean): ManifestEntry {
  const { path, owner, group, mode, content } = file;
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { kind: "file", path, owner, group, mode, sha256, shown: shown ? content : undefined };
}

/** Everything that a plan's script promises, in the script's order. */
export function manifestOf(script: ScriptContents): readonly ManifestEntry[] {
  return [
    ...script.packages.map((name) => ({ kind: "package", name }) as const),
    ...script.groups.map((name) => ({ kind: "group", name }) as const),
    ...script.users.map(({ name, shell, groups }) => ({ kind: "user", name, shell, groups }) as const),
    ...script.directories.map((directory) => ({ kind: "directory", ...directory }) as const),
    ...script.artifacts.map(({ path, sha256, url }) => {
      const target = url.startsWith("file://") ? url.slice("file://".length) : undefined;
      return { kind: "artifact", path, sha256, target } as const;
    }),
    ...script.files.map((file) => fileEntry(file, true)),
    ...script.links.map((link) => ({ kind: "link", ...link }) as const),
    ...script.absent.map((path) => ({ kind: "absent", path }) as const),
    ...script.sysctls.map((sysctl) => ({ kind: "sysctl", ...sysctl }) as const),
    ...script.steps.map(({ description, unless }) => ({ kind: "step", description, unless }) as const),
    ...script.units.map(({ name, enabled, state, needsOwnKernel }) => {
      return { kind: "unit", name, enabled, state, needsOwnKernel } as const;
    }),
  ];
}

/** What a script of secrets promises. Only what everybody on the host may read, as a certificate, keeps its content. */
export function secretManifestOf(
  script: Pick<ScriptContents, "directories" | "files">,
): readonly ManifestEntry[] {
  return [
    ...script.directories.map((directory) => ({ kind: "directory", ...directory }) as const),
    ...script.files.map((file) => fileEntry(file, (Number.parseInt(file.mode, 8) & 0o004) !== 0)),
  ];
}
