import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { projectFolder } from "./stack";

/** What stands in `Pulumi.<stack>.yaml`, before anybody has checked it; an empty object where there is nothing. */
export function readStackFile(stack: string, folder = projectFolder): unknown {
  const file = path.join(folder, `Pulumi.${stack}.yaml`);
  const document: unknown = existsSync(file) ? parse(readFileSync(file, "utf8")) : undefined;
  return document ?? {};
}
