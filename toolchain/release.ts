import { chmodSync, createWriteStream, renameSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { sha256OfFile } from "./cache";
import type { Release } from "./manifest";
import { execute } from "./process";

/** The host of a release did not answer; another source may. */
export class ReleaseUnreachable extends Error {}

/** Time until a host that does not answer counts as out of reach. */
const connectTimeoutMilliseconds = 5000;

async function request(url: string): Promise<Response> {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort();
  }, connectTimeoutMilliseconds);
  try {
    const response = await fetch(url, { signal: controller.signal, redirect: "follow" });
    if (!response.ok) throw new ReleaseUnreachable(`${url} answered ${response.status}`);
    return response;
  } catch (error) {
    if (error instanceof ReleaseUnreachable) throw error;
    throw new ReleaseUnreachable(`${url} did not answer`);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Fetches a vendor's release and puts its program at `program`.
 *
 * @throws ReleaseUnreachable when nothing answers; an ordinary error when what came is not what is pinned.
 */
export async function fetchRelease(release: Release, program: string): Promise<void> {
  const response = await request(release.url);
  const download = `${program}.download`;
  if (response.body === null) throw new ReleaseUnreachable(`${release.url} gave nothing`);
  await pipeline(Readable.fromWeb(response.body), createWriteStream(download));
  const sha256 = await sha256OfFile(download);
  if (sha256 !== release.sha256) {
    throw new Error(
      `${release.url} has sha256 ${sha256}, pinned is ${release.sha256}: it is not the release that was reviewed. Fix: check the release, then toolchain/manifest.ts`,
    );
  }
  if (release.member === undefined) {
    renameSync(download, program);
  } else {
    const folder = path.dirname(program);
    const depth = release.member.replace(/^\.\//, "").split("/").length - 1;
    await execute("tar", [
      "--extract",
      "--file",
      download,
      "--directory",
      folder,
      `--strip-components=${depth}`,
      release.member,
    ]);
  }
  chmodSync(program, 0o755);
}
