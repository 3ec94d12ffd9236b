/** Who puts a finding right. */
export type Repair =
  | {
      readonly by: "up";
      /** Resources to run again (`pulumi up --replace`). Empty: an object of the cluster, which is restored as it was recorded. */
      readonly urns: readonly string[];
    }
  | {
      readonly by: "hand";
      /** What the operator does, because the program can't know whether it was meant. */
      readonly advice: string;
    };

/** One thing that is not as the last `up` left it. */
export interface Finding {
  /** What differs, as `file /etc/hosts` or `NetworkPolicy app/default-deny`. */
  readonly subject: string;
  readonly wanted: string;
  readonly found: string;
  /** Lines of a unified diff from wanted to found. Empty where the content is secret or there is none. */
  readonly diff: readonly string[];
  readonly repair: Repair;
}

/** What a look at one place gave: findings, or the reason why nothing could be seen. */
export type Look =
  | {
      readonly seen: true;
      /** How many things were compared. */
      readonly compared: number;
      readonly findings: readonly Finding[];
      /** What is no drift yet, as a certificate that ends soon. */
      readonly warnings: readonly string[];
    }
  | { readonly seen: false; readonly reason: string };
