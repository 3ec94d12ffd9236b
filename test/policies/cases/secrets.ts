import { secret, unknown, type TestResource } from "../judge";
import { inputCases, type CaseTable } from "./cases";

const local = "command:local:Command";
const key = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";
const certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const bootstrapToken = "abc123.0123456789abcdef";
const webToken = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl";

const printing = (stdout: string, additionalSecretOutputs: readonly string[] = []): TestResource[] => [
  {
    type: local,
    name: "resource",
    inputs: { create: "run" },
    outputs: { stdout, stderr: "" },
    additionalSecretOutputs,
  },
];

/** Rules on where secrets stand. */
export const secretTable: CaseTable = {
  "secrets-plain-property": inputCases("example:index:Thing", {
    good: { nested: [{ value: secret(key) }] },
    nearGood: {
      certificate,
      publicKey: key.replaceAll("EC PRIVATE", "PUBLIC"),
      file: "abcdef.0123456789abcdef",
    },
    nearBad: { nested: [{ value: `token: ${bootstrapToken}` }] },
    bad: { value: key },
    unknown: { value: unknown },
  }),
  "secrets-command-text": inputCases(local, {
    good: { create: "install -m 0600 /dev/stdin key", stdin: secret(key), logging: "none" },
    nearGood: { create: "openssl genpkey -out private-key.pem", logging: "none" },
    // Secret or not: the provider prints it when the command fails.
    nearBad: {
      create: secret(`curl -H 'Authorization: Bearer ${webToken}' https://example.org`),
      logging: "none",
    },
    bad: { create: "run", environment: { KEY: key }, logging: "none" },
    unknown: { create: unknown, logging: "none" },
  }),
  "secrets-logged-command": inputCases(local, {
    good: { create: "run", stdin: secret(key), logging: "none" },
    nearGood: { create: "run", stdin: certificate },
    nearBad: { create: "run", stdin: secret(key), logging: "stderr" },
    bad: { create: "run", stdin: key },
    unknown: { create: "run", stdin: unknown },
  }),
  "secrets-output": {
    good: printing("done"),
    nearGood: printing(key, ["stdout"]),
    nearBad: printing(key, ["stderr"]),
    bad: printing(`joined with ${bootstrapToken}\n`),
    unknown: printing(unknown),
  },
};
