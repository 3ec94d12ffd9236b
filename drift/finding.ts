/** Who puts a finding right. */
export type Repair =
  | {
      readonly by: "up";
      /**
       * `replace`: scripts of hosts run again (`pulumi up --replace`). `restore`: objects of the cluster are put back as they were
       * recorded. `refresh`: the state learns what the account has (`pulumi refresh`), so that `up` changes it back.
       */
      readonly way: "replace" | "restore" | "refresh";
      /** The resources. Empty where it is `restore`. */
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
