import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after } from "node:test";

/** A folder that is gone when the tests of this file are done. */
export function scratchFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "redoubt-toolchain-"));
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
