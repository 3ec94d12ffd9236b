/** Where a stack's state lies, and what encrypts the secrets in it; as the options of `npm run init`. */
export interface StateBackend {
  /** Default: a folder of this box. */
  readonly backend?: string;
  readonly secretsProvider: string;
}

const backendForms =
  /^(s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[^?]*)?\?(.*&)?region=[a-z0-9-]+(&.*)?|file:\/\/\/.+)$/;
const secretsProviderForms = /^(passphrase|awskms:\/\/.+\?(.*&)?region=[a-z0-9-]+(&.*)?)$/;

/**
 * Refuses what Pulumi would take and a team would regret: a state in a bucket that only a passphrase protects, which everybody who
 * runs `up` must then know for ever.
 *
 * @throws naming the option, its value, the rule and the fix.
 */
export function checkStateBackend({ backend, secretsProvider }: StateBackend): void {
  const problems: string[] = [];
  if (backend !== undefined && !backendForms.test(backend)) {
    problems.push(
      `--backend = ${backend}: is neither a bucket with its region nor a folder. Fix: s3://BUCKET?region=REGION or file:///FOLDER`,
    );
  }
  if (!secretsProviderForms.test(secretsProvider)) {
    problems.push(
      `--secrets-provider = ${secretsProvider}: is neither a KMS key with its region nor passphrase. Fix: awskms://alias/NAME?region=REGION`,
    );
  }
  if (backend?.startsWith("s3://") === true && secretsProvider === "passphrase") {
    problems.push(
      "--secrets-provider = passphrase: a state that several people reach would hang on one word that all of them know. Fix: awskms://alias/NAME?region=REGION",
    );
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
}
