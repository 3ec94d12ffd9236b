import type { Tool } from "./manifest";

/** A tool in the cache. */
export interface InstalledTool {
  readonly tool: Tool;
  readonly program: string;
  readonly sha256: string;
}
