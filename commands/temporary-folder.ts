import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { dataFolder } from "./stack";

/**
 * Pulumi's plugin for Kubernetes writes the kubeconfig that it works with, the administrator's, into the folder of temporary files, and
 * leaves it there (pulumi-kubernetes, `writeKubeconfigToFile`).
 */
const left = /^kubeconfig\d+$/;

/** Removes what plugins left, also those of an engine that was killed. They read it for charts of Helm, of which there are none. */
function clean(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => left.test(file)))
    rmSync(path.join(folder, name), { force: true });
}

/**
 * A folder of the user's own for what the engine and its plugins write for the time of a run; secrets that they leave there are removed
 * now and when this process ends.
 *
 * @param folder Default: `tmp` beside the state.
 */
export function temporaryFolder(folder = path.join(dataFolder(), "tmp")): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  clean(folder);
  process.once("exit", () => {
    clean(folder);
  });
  return folder;
}
