import { chmodSync, createWriteStream, renameSync, rmSync } from "node:fs";
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

async function download(url: string, file: string): Promise<void> {
  const response = await request(url);
  if (response.body === null) throw new ReleaseUnreachable(`${url} gave nothing`);
  try {
    await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
  } catch (error) {
    throw new ReleaseUnreachable(`${url} broke off (${String(error)})`);
  }
}

/** Takes one member out of an archive; it then belongs to who runs this, not to the user id that the archive names. */
async function extract(archive: string, member: string, program: string): Promise<void> {
  const depth = member.replace(/^\.\//, "").split("/").length - 1;
  await execute("tar", [
    "--extract",
    "--no-same-owner",
    "--file",
    archive,
    "--directory",
    path.dirname(program),
    `--strip-components=${depth}`,
    member,
  ]);
}

/**
 * Fetches a vendor's release and puts its program at `program`; the member of an archive must bear the program's name.
 *
 * @throws ReleaseUnreachable when nothing answers; an ordinary error when what came is not what is pinned.
 */
export async function fetchRelease(release: Release, program: string): Promise<void> {
  const archive = `${program}.download`;
  try {
    await download(release.url, archive);
    const sha256 = await sha256OfFile(archive);
    if (sha256 !== release.sha256) {
      throw new Error(
        `${release.url} has sha256 ${sha256}, pinned is ${release.sha256}: it is not the release that was reviewed. Fix: check the release, then toolchain/manifest.ts`,
      );
    }
    if (release.member === undefined) renameSync(archive, program);
    else await extract(archive, release.member, program);
    chmodSync(program, 0o755);
  } finally {
    rmSync(archive, { force: true });
  }
}
