import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { jsonOrText } from "../components/config/json-or-text";
import { projectFolder } from "./stack";

/** The document, its blocks read where they are JSON in a text, as the program reads them. */
function withBlocks(document: unknown): unknown {
  const parsed = z.looseObject({ config: z.record(z.string(), z.unknown()) }).safeParse(document);
  if (!parsed.success) return document;
  const read = ([key, value]: [string, unknown]): [string, unknown] =>
    key.startsWith("redoubt:") && typeof value === "string" ? [key, jsonOrText(value)] : [key, value];
  return { ...parsed.data, config: Object.fromEntries(Object.entries(parsed.data.config).map(read)) };
}

/** What stands in `Pulumi.<stack>.yaml`, before anybody has checked it; an empty object where there is nothing. */
export function readStackFile(stack: string, folder = projectFolder): unknown {
  const file = path.join(folder, `Pulumi.${stack}.yaml`);
  const document: unknown = existsSync(file) ? parse(readFileSync(file, "utf8")) : undefined;
  return withBlocks(document ?? {});
}
