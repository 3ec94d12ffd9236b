import { Secret } from "@pulumi/policy";
import { UnknownValueError, unknownCheckingProxy } from "./unknown";

/** What looks like a secret, whatever it is called. */
const shapes: readonly (readonly [string, RegExp])[] = [
  ["a private key", /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/],
  ["the key of a kubeconfig", /\bclient-key-data: *["']?[A-Za-z0-9+/]{32}/],
  ["a JSON web token", /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/],
  // kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens; a digit on both sides, or every file name with a dot is one.
  [
    "a bootstrap token",
    /(?<![\w./:@-])(?=[a-z0-9]{0,5}[0-9])[a-z0-9]{6}\.(?=[a-z]{0,15}[0-9])[a-z0-9]{16}(?![\w./-])/,
  ],
  ["an AWS key", /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/],
  ["a password hash", /\$(?:2[aby]|5|6|y|argon2id)\$[A-Za-z0-9./$=,]{20,}/],
  ["a token of GitHub", /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,})/],
];

/** Says as what a text looks secret; undefined when it does not. */
export function secretShape(text: string): string | undefined {
  return shapes.find(([, pattern]) => pattern.test(text))?.[0];
}

/** A text of a resource's properties. */
export interface Leaf {
  /** As `connection.privateKey`. */
  readonly path: string;
  readonly text: string;
  /** Whether the engine knows it as secret, itself or what holds it. */
  readonly secret: boolean;
  /** Unknown in this preview; then `text` says nothing. */
  readonly unknown: boolean;
}

/** Whether a text is the placeholder of a value that a preview does not know. */
function isUnknown(text: string): boolean {
  // The placeholders are not exported; the proxy knows them.
  try {
    return unknownCheckingProxy({ text }).text !== text;
  } catch (error) {
    if (error instanceof UnknownValueError) return true;
    throw error;
  }
}

/** All texts of a value that may hold `Secret`s. */
export function leavesOf(value: unknown, path = "", secret = false): Leaf[] {
  if (value instanceof Secret) return leavesOf(value.value as unknown, path, true);
  if (typeof value === "string") {
    return [{ path, text: value, secret, unknown: value.length === 36 && isUnknown(value) }];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, index) => leavesOf(item, `${path}[${index}]`, secret));
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value as Record<string, unknown>).flatMap(([key, item]) =>
    leavesOf(item, path === "" ? key : `${path}.${key}`, secret),
  );
}

/** `@pulumi/policy` hands remediations a proxy that gives secrets unwrapped; these names give what is below it. */
const isProxy = "__isSpecialProxy";
const proxied = "__getSpecialProxyTarget";

/** What is below proxies of `@pulumi/policy`: there a secret still is a `Secret`. */
export function unproxied(props: Readonly<Record<string, unknown>>): unknown {
  let value: unknown = props;
  while (
    typeof value === "object" &&
    value !== null &&
    (value as Record<string, unknown>)[isProxy] === true
  ) {
    value = (value as Record<string, unknown>)[proxied];
  }
  return value;
}
