import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { asRoot } from "./as-root";
import { withFunctions } from "./functions";
import type { DirectorySpec, SecretFileSpec } from "./plan";
import { renderSecretScript } from "./secret-script";

/** Arguments of {@link SecretFiles}. */
export interface SecretFilesArgs {
  readonly connection: pulumi.Input<command.types.input.remote.ConnectionArgs>;
  /** Directories that the files lie in. */
  readonly directories: readonly DirectorySpec[];
  readonly files: pulumi.Input<readonly SecretFileSpec[]>;
}

/**
 * Files of several subjects as one list.
 *
 * @throws Error when two subjects write one path.
 */
export function flattenSecretFiles(groups: readonly (readonly SecretFileSpec[])[]): SecretFileSpec[] {
  const files = groups.flat();
  const paths = files.map(({ path }) => path);
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) throw new Error(`secret file ${twice} is written by two subjects`);
  return files;
}

/** Files of several subjects for one host; secret as a whole. */
export function joinSecretFiles(
  ...groups: readonly pulumi.Input<readonly SecretFileSpec[]>[]
): pulumi.Output<SecretFileSpec[]> {
  return pulumi.secret(pulumi.all(groups.map((group) => pulumi.output(group)))).apply(flattenSecretFiles);
}

/**
 * Puts private keys, and what belongs to them, on a host: by stdin only, never in a command line, a log or a plain property.
 * Their owners must exist. Units that run with an old file are restarted, those safely that their plan says so of (`SafeRestartSpec`).
 */
export class SecretFiles extends pulumi.ComponentResource {
  /** What later phases wait for. */
  public readonly done: pulumi.Resource;

  public constructor(name: string, args: SecretFilesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:plan:SecretFiles", name, {}, opts);
    const script = pulumi
      .output(args.files)
      .apply((files) => withFunctions(renderSecretScript(args.directories, files), "kept"));
    this.done = new command.remote.Command(
      `${name}-write`,
      {
        connection: args.connection,
        create: asRoot,
        update: asRoot,
        stdin: pulumi.secret(script),
        logging: "none",
        addPreviousOutputInEnv: false,
      },
      { parent: this, additionalSecretOutputs: ["stdout", "stderr"] },
    );
    this.registerOutputs({});
  }
}
