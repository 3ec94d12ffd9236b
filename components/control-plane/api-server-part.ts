import type { FlagValue } from "../plan/flags";
import type { FileSpec } from "../plan/plan";
import { paths } from "../plan/paths";
import { readers } from "../pki/readers";

/** What one subject, as authentication or authorization, adds to the API server. */
export interface ApiServerPart {
  /** Flags of kube-apiserver, by name without dashes. */
  readonly flags: Readonly<Record<string, FlagValue>>;
  /** Files that it reads when it starts: a change of one restarts it. Secret ones travel apart. */
  readonly files: readonly FileSpec[];
  /** Files that must not be there, because nothing reads them now. Default: none. */
  readonly absent?: readonly string[];
}

/** A file below the API server's own directory. */
export function ownFile(name: string): string {
  return `${paths.kubeApiserver}/${name}`;
}

/** A configuration file of the API server, which it may read and not write. */
export function configurationFile(name: string, content: string): FileSpec {
  return { path: ownFile(name), content, owner: "root", group: readers.kubeApiserver.group, mode: "0640" };
}
