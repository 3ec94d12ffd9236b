import type { Impact } from "./impact";
import type { Operation } from "./preview";

/** One value that differs. */
export interface FieldChange {
  /** As `spec.replicas`, or a flag as `--authorization-mode`. */
  readonly path: string;
  /** As a reader sees it; undefined where there was none. */
  readonly before: string | undefined;
  /** As a reader sees it; undefined where there is none any more. */
  readonly after: string | undefined;
}

/** One change that a reader judges. */
export interface Change {
  /** The host, or what else the change belongs to, as `namespace app`. */
  readonly place: string;
  /** What changes, as `file /etc/hosts`. */
  readonly title: string;
  readonly operation: Exclude<Operation, "same">;
  readonly impact: Impact;
  /** Unified diff, without its file header. Default: none. */
  readonly diff?: string;
  /** Default: none. */
  readonly fields?: readonly FieldChange[];
}
