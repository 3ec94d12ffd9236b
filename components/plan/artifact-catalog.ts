import { paths } from "./paths";
import type { ArtifactSpec } from "./plan";

/** Where an artifact comes from; a pinned sha256 says what it is. */
export interface ArtifactSource {
  readonly version: string;
  readonly url: string;
  readonly sha256: string;
}

/** Every artifact that hosts install, by name, as `kubelet` or `etcd`. */
export type ArtifactCatalog = Readonly<Record<string, ArtifactSource>>;

/**
 * The artifact `name` of the catalogue, installed below `directory`.
 *
 * @param directory Default: `/usr/local/bin`.
 * @throws when the catalogue lacks it: the toolchain that wrote the catalogue is older than this program.
 */
export function installed(
  catalog: ArtifactCatalog,
  name: string,
  directory: string = paths.binaries,
): ArtifactSpec {
  const source = catalog[name];
  if (source === undefined) {
    throw new Error(
      `artifact catalogue: ${name} is missing. Fix: run "npm run toolchain -- ensure" and try again`,
    );
  }
  const { version, url, sha256 } = source;
  return { name, version, url, sha256, path: `${directory}/${name}` };
}
