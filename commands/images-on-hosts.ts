import { createReadStream } from "node:fs";
import { removeScript, renderBringScript } from "../e2e/image-scripts";
import type { RecordedHost } from "../drift/stack-state";
import type { ImageArchive } from "../toolchain/images";
import { withHost } from "./look-at-host";
import { mapAtMost } from "./map-at-most";

/** Hosts at a time: each gets images of some fifty megabytes, through a bastion perhaps. */
const hostsAtOnce = 4;

/** Gives a host the images that it lacks. */
async function bringImages(
  host: RecordedHost,
  images: readonly ImageArchive[],
  stopped: AbortSignal,
): Promise<void> {
  await withHost(host.access, async ({ run }) => {
    for (const { reference, archive } of images) {
      stopped.throwIfAborted();
      const what = `the import of ${reference}`;
      await run(renderBringScript(reference), { what, from: createReadStream(archive) });
    }
  });
}

async function removeImages(host: RecordedHost): Promise<void> {
  await withHost(host.access, ({ run }) => run(removeScript));
}

/** Does a work on every host, some at a time, whatever becomes of the others. @returns what failed, host by host. */
async function onAllHosts(
  hosts: readonly RecordedHost[],
  work: (host: RecordedHost) => Promise<void>,
): Promise<string[]> {
  const failures = await mapAtMost(hostsAtOnce, hosts, async (host) => {
    try {
      await work(host);
      return [];
    } catch (error) {
      return [`${host.name}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
  return failures.flat();
}

/**
 * With images on all hosts for the time of a work; afterwards each has those that it had.
 *
 * @param stopped No image is brought any more once it is aborted.
 * @throws when an image could not be brought; a host that can't be freed of them is told on stderr.
 */
export async function withImages<Result>(
  hosts: readonly RecordedHost[],
  images: readonly ImageArchive[],
  stopped: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    const failures = await onAllHosts(hosts, (host) => bringImages(host, images, stopped));
    if (failures.length > 0) throw new Error(`images could not be brought: ${failures.join("; ")}`);
    return await work();
  } finally {
    for (const failure of await onAllHosts(hosts, removeImages)) {
      process.stderr.write(
        `${failure}\nImages of the tests may be left there. Fix: run the same command again\n`,
      );
    }
  }
}
