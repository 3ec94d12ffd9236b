import { hideSecretLines, hideSecretVariables } from "./secret-lines";
import { secretMark } from "./secret-mark";

/** What stands where a value is not known before `up`. */
export const unknownMark = "[known after up]";

/** How the engine marks a value that is not a plain one (`sdk/go/common/resource/sig`). */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** What the engine writes for values of each type that are not known yet (`sdk/go/common/resource/plugin/rpc.go`). */
const unknownValues = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/**
 * Texts that are secrets wherever they stand. The engine hides what the program marked as secret; this is the second lock, for
 * what somebody forgot to mark.
 */
const secretTexts: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g,
  // The same in base64, whose beginning does not depend on the key ("-----BEGIN " and what may follow it).
  /LS0tLS1CRUdJTi(?:BQUklWQVRFIEtFW|BFQyBQUklWQVRFIEtFW|BSU0EgUFJJVkFURSBLRV|BPUEVOU1NIIFBSSVZBVEUgS0VZ)[A-Za-z0-9+/=]*/g,
  // JSON Web Tokens, service account tokens among them (RFC 7519).
  /\beyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/g,
  // Access keys of AWS, tokens of GitHub.
  /\bA(?:KIA|SIA)[A-Z0-9]{16}\b/g,
  /\bgh[pousr]_[A-Za-z0-9]{30,}\b/g,
  /\bgithub_pat_[A-Za-z0-9_]{30,}\b/g,
  // Hashes of passwords (crypt(5), bcrypt, Argon2): guesses can be tried on them.
  /\$(?:2[aby]|5|6|y|argon2id)\$[A-Za-z0-9./$=,+]{20,}/g,
  // Bootstrap tokens of Kubernetes; a digit on both sides, or every file name with a dot is one.
  /(?<![\w./:@-])(?=[a-z0-9]{0,5}[0-9])[a-z0-9]{6}\.(?=[a-z]{0,15}[0-9])[a-z0-9]{16}(?![\w./-])/g,
];
/** Ends of the names of fields that hold a secret, as of `client_secret`, `adminPassword` and `client-key-data`. */
const secretEnds = "passwo?r?d|bindpw|secret|secret_?key|token|client-key-data";
const secretName = new RegExp(`(?:${secretEnds})$`, "i");
/** Names that end so and hold none: a name of a cluster, a switch, a tag of sudoers(5). */
const openName = /^(?:initial-cluster-token|automountServiceAccountToken|NOPASSWD)$/i;
/**
 * A field in a text, as `client-key-data: …` of a kubeconfig or `--token=…`: its name and its value on the same line. A value that
 * opens an object is none, nor is one that a shell or a template has yet to fill in.
 */
const secretField = new RegExp(
  String.raw`(?<![\w-])(-{0,2})([\w-]*(?:${secretEnds}))(\\?["']?[ \t]*[:=][ \t]*\\?["']?)` +
    String.raw`(?!\[secret\]|\{\s*["']?\w+["']?\s*:|\$[({])(?:[^\s"',\\]|\\(?!["'])){8,}`,
  "gi",
);

function isSecretName(name: string): boolean {
  return secretName.test(name) && !openName.test(name);
}

/** A text without what is a secret wherever it stands. */
export function redactText(text: string): string {
  const withoutTexts = secretTexts.reduce((known, pattern) => known.replace(pattern, secretMark), text);
  const withoutFields = withoutTexts.replace(
    secretField,
    (field: string, dashes: string, name: string, sign: string) =>
      isSecretName(name) ? `${dashes}${name}${sign}${secretMark}` : field,
  );
  return hideSecretLines(hideSecretVariables(withoutFields, isSecretName), isSecretName);
}

function readableText(text: string, name: string): string {
  if (unknownValues.has(text)) return unknownMark;
  return text !== "" && isSecretName(name) ? secretMark : redactText(text);
}

/** What a value of a record is called: the value of an environment variable is called as the variable. */
function nameOf(key: string, record: Readonly<Record<string, unknown>>): string {
  const { name } = record;
  return key === "value" && typeof name === "string" ? name : key;
}

/**
 * A value of the engine's JSON as a reader may see it: secrets and unknown values are marked.
 *
 * @param name What it is called where it stands: a text that is called a password is one. Default: nothing.
 */
export function readable(value: unknown, name = ""): unknown {
  if (typeof value === "string") return readableText(value, name);
  if (Array.isArray(value)) return value.map((item) => readable(item, name));
  if (typeof value !== "object" || value === null) return value;
  const record = value as Record<string, unknown>;
  if (record[signatureKey] === secretSignature) return secretMark;
  return Object.fromEntries(
    Object.entries(record).map(([key, inner]) => [key, readable(inner, nameOf(key, record))]),
  );
}
