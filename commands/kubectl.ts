import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { kubernetesObjectSchema, type KubernetesObject } from "../drift/stack-state";
import { run } from "./shell";

const listSchema = z.looseObject({ kind: z.literal("List"), items: z.array(kubernetesObjectSchema) });
const answerSchema = z.union([listSchema, kubernetesObjectSchema]);

/** Objects of what `kubectl get -o json` prints: nothing, one object or a list. */
function objectsOf(answer: string): readonly KubernetesObject[] {
  if (answer.trim() === "") return [];
  const parsed = answerSchema.parse(JSON.parse(answer));
  const list = listSchema.safeParse(parsed);
  return list.success ? list.data.items : [kubernetesObjectSchema.parse(parsed)];
}

/** Its own limit is for each request, and it makes dozens where an API server answers none. */
const patienceSeconds = 60;

/** kubectl as the administrator. */
export interface Kubectl {
  /** Runs it, objects on stdin, and gives its stdout. */
  readonly run: (args: readonly string[], objects?: readonly object[]) => Promise<string>;
  /** Runs `kubectl get` and gives the objects. */
  readonly get: (
    args: readonly string[],
    objects?: readonly object[],
  ) => Promise<readonly KubernetesObject[]>;
}

/** Gives `use` a kubectl; its kubeconfig lies in a folder of the user's own and is removed with it. */
export async function withKubectl<Result>(
  kubeconfig: string,
  env: NodeJS.ProcessEnv,
  use: (kubectl: Kubectl) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(path.join(tmpdir(), "redoubt-kubectl-"));
  const file = path.join(folder, "kubeconfig");
  writeFileSync(file, kubeconfig, { mode: 0o600 });
  const runKubectl: Kubectl["run"] = (args, objects) =>
    run("kubectl", ["--kubeconfig", file, "--request-timeout=20s", ...args], {
      env,
      stdout: "capture",
      timeoutSeconds: patienceSeconds,
      ...(objects === undefined
        ? {}
        : { input: JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }) }),
    });
  try {
    return await use({
      run: runKubectl,
      get: async (args, objects) => objectsOf(await runKubectl(["get", "--output=json", ...args], objects)),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
