/** An environment of one box: nobody else has its state, so no pipeline previews it. */
const ownBox = "local";

const settingsFile = /^Pulumi\.([A-Za-z0-9_.-]+)\.yaml$/;

/** Files that no stack is made of. */
const harmless = [
  /^docs\//,
  /^test\//,
  /^bench\//,
  /^\.github\//,
  /^\.ci\//,
  /\.md$/,
  /^LICENSE$/,
  /^\.gitignore$/,
];

/** The environment of a settings file, as `dev` of `Pulumi.dev.yaml`; undefined for other files. */
export function environmentOf(file: string): string | undefined {
  return settingsFile.exec(file)?.[1];
}

/** Environments that a pipeline can reach, in the order in which changes go through them. */
export function sharedEnvironments(files: readonly string[]): string[] {
  const order = ["dev", "staging", "prod"];
  const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return files
    .map(environmentOf)
    .filter((name): name is string => name !== undefined && name !== ownBox)
    .sort((left, right) => rank(left) - rank(right) || left.localeCompare(right));
}

/**
 * Environments that a change touches: the one whose settings it changes, or all when it changes the program.
 *
 * @param changed Paths that differ, from the project's folder.
 * @param environments All environments.
 */
export function touchedEnvironments(changed: readonly string[], environments: readonly string[]): string[] {
  const isProgram = (file: string): boolean =>
    environmentOf(file) === undefined && !harmless.some((pattern) => pattern.test(file));
  if (changed.some(isProgram)) return [...environments];
  return environments.filter((name) => changed.some((file) => environmentOf(file) === name));
}
