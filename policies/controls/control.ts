import type { TestTitle } from "./test-titles";

/** Names a test: its file below `test/`, and its title as it stands there. */
export function test(file: string, title: string): TestTitle {
  return { file: `test/${file}`, title };
}

/** What somebody asks of a cluster, and where to look for it here. */
export interface Control {
  /** What must be so. Default: what the policy rules of the control say. */
  readonly what?: string;
  /** Settings that change how it is kept, as in `docs/settings.md`. Default: none, it is kept whatever the settings say. */
  readonly settings?: readonly string[];
  /** Ids of policy rules that refuse its loss, beside those that name the control themselves. */
  readonly rules?: readonly string[];
  /** Tests that prove it, beside those whose title names the control. */
  readonly tests?: readonly TestTitle[];
  /** What is kept in another way than asked, or not wholly. */
  readonly note?: string;
}

/** What is asked and not kept by the stack. */
export interface Gap {
  readonly what: string;
  /** `other`: kept in another way; `absent`: what it is about is not there; `yours`: whoever uses the cluster decides; `open`: not done. */
  readonly because: "other" | "absent" | "yours" | "open";
  readonly reason: string;
}

/** A source of controls: what it asks, by its own ids. */
export interface ControlSource {
  readonly title: string;
  /** Where the source is found, and what an id means. */
  readonly about: string;
  readonly controls: Readonly<Record<string, Control | Gap>>;
}

export function isGap(control: Control | Gap): control is Gap {
  return "because" in control;
}
