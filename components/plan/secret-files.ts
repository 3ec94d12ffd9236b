import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { convergeFunctions, withFunctions } from "./functions";
import { hereDocument } from "./here-document";
import type { DirectorySpec, SecretFileSpec } from "./plan";
import { shellCommand } from "./quote";

/** Arguments of {@link SecretFiles}. */
export interface SecretFilesArgs {
  readonly connection: pulumi.Input<command.types.input.remote.ConnectionArgs>;
  /** Directories that the files lie in. */
  readonly directories: readonly DirectorySpec[];
  readonly files: pulumi.Input<readonly SecretFileSpec[]>;
}

/** Where the part of a script begins that is not the same for all. */
export const secretMarker = "# --- secret files ---";
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

/** The script that writes the files; it holds them, so it is as secret as they are. */
export function renderSecretScript(
  directories: readonly DirectorySpec[],
  files: readonly SecretFileSpec[],
): string {
  const folders = directories.map(({ path, owner = "root", group = "root", mode = "0755" }) =>
    shellCommand(["directory", path, owner, group, mode.replace(/^0+(?=[0-7])/, "")]),
  );
  const readers = files
    .filter((file) => (file.restart ?? []).length > 0)
    .map((file) => `readers[${shellCommand([file.path])}]=${shellCommand([(file.restart ?? []).join(" ")])}`);
  const writes = files.map((file) => {
    if (file.content.includes("\0") || !file.content.endsWith("\n")) {
      throw new Error(`secret file ${file.path} must be text that ends with a newline`);
    }
    const mode = (file.mode ?? "0600").replace(/^0+(?=[0-7])/, "");
    return `${shellCommand(["file", file.path, file.owner, file.group, mode])} ${hereDocument(file.content)}`;
  });
  return `${convergeFunctions}
${secretMarker}
${[...readers, "load_safe_units", ...folders].join("\n")}
${writes.join("")}
restart_readers
report
`;
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
    const run = "sudo --non-interactive bash -s";
    const script = pulumi
      .output(args.files)
      .apply((files) => withFunctions(renderSecretScript(args.directories, files), "kept"));
    this.done = new command.remote.Command(
      `${name}-write`,
      {
        connection: args.connection,
        create: run,
        update: run,
        stdin: pulumi.secret(script),
        logging: "none",
        addPreviousOutputInEnv: false,
      },
      { parent: this, additionalSecretOutputs: ["stdout", "stderr"] },
    );
    this.registerOutputs({});
  }
}
