import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { noticesVariable } from "../components/hosts/inventory/notice";
import { temporaryFolder } from "./temporary-folder";

/** Runs the engine, and says at its end, however that is, what programs that it ran had to tell. */
export async function withNotices(
  environment: NodeJS.ProcessEnv,
  work: (environment: NodeJS.ProcessEnv) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(path.join(temporaryFolder(), "notices-"));
  const file = path.join(folder, "notices");
  try {
    await work({ ...environment, [noticesVariable]: file });
  } finally {
    const told = existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
    for (const line of told) process.stderr.write(`warning: ${line}\n`);
    rmSync(folder, { recursive: true });
  }
}
