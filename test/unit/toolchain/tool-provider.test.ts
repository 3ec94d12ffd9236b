import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, beforeEach, describe, it } from "node:test";
import type { Tool } from "../../../toolchain/manifest";
import { ReleaseUnreachable } from "../../../toolchain/release";
import { toolPath, ToolProvider, type ToolOrigins, type ToolSource } from "../../../toolchain/tool-provider";
import { scratchFolder } from "./scratch";

const scratch = scratchFolder();
const cacheBefore = process.env["REDOUBT_CACHE"];
let count = 0;

beforeEach(() => {
  process.env["REDOUBT_CACHE"] = path.join(scratch, `cache-${count++}`);
});
after(() => {
  if (cacheBefore === undefined) delete process.env["REDOUBT_CACHE"];
  else process.env["REDOUBT_CACHE"] = cacheBefore;
});

function tool(name: string, pinned = true): Tool {
  const source = pinned
    ? { release: { url: `https://vendor.example/${name}`, sha256: "0".repeat(64) } }
    : { releaseUnpinned: "nobody publishes it" };
  return {
    name,
    version: "1.0.0",
    purpose: "host",
    architecture: "amd64",
    ...source,
    recipe: { folder: "build/pause", package: name },
  };
}

/** Origins that write down what they are asked for. */
function recording(origins: Partial<ToolOrigins> = {}): {
  readonly asked: string[];
  readonly origins: ToolOrigins;
} {
  const asked: string[] = [];
  return {
    asked,
    origins: {
      fetch: async (release, program) => {
        asked.push(`fetch ${path.basename(release.url)}`);
        await origins.fetch?.(release, program);
        writeFileSync(program, "released");
      },
      build: async (wanted, program) => {
        asked.push(`build ${wanted.name}`);
        await origins.build?.(wanted, program);
        writeFileSync(program, "built");
      },
    },
  };
}

const unreachable = (): Promise<void> =>
  Promise.reject(new ReleaseUnreachable("vendor.example did not answer"));
const provide = (source: ToolSource, origins: ToolOrigins, ...tools: Tool[]): Promise<unknown> =>
  new ToolProvider(source, origins).ensureAll(tools);

describe("where a tool comes from", () => {
  it("is the vendor's release, when it can be had", async () => {
    const { asked, origins } = recording();
    await provide("auto", origins, tool("a"), tool("b"));
    assert.deepEqual(asked, ["fetch a", "fetch b"]);
  });

  it("is Go modules for all that a host would give which can't be reached, without asking it again", async () => {
    const { asked, origins } = recording({ fetch: unreachable });
    await provide("auto", origins, tool("a"), tool("b"));
    assert.deepEqual(asked, ["fetch a", "build a", "build b"]);
  });

  it("is still the release of another host", async () => {
    const elsewhere = { ...tool("b"), release: { url: "https://other.example/b", sha256: "0".repeat(64) } };
    const { asked, origins } = recording({ fetch: unreachable });
    await provide("auto", origins, tool("a"), elsewhere);
    assert.deepEqual(asked, ["fetch a", "build a", "fetch b", "build b"]);
  });

  it("is Go modules for a tool without a pinned release, and releases stay in use for the others", async () => {
    const { asked, origins } = recording();
    await provide("auto", origins, tool("a", false), tool("b"));
    assert.deepEqual(asked, ["build a", "fetch b"]);
  });

  it("is the cache, when it is there", async () => {
    const { asked, origins } = recording();
    await provide("auto", origins, tool("a"));
    await provide("modules", origins, tool("a"));
    assert.deepEqual(asked, ["fetch a"]);
  });

  it("is never a release with --source modules", async () => {
    const { asked, origins } = recording();
    await provide("modules", origins, tool("a"));
    assert.deepEqual(asked, ["build a"]);
  });

  it("is never a build with --source release; the error says why and what to do", async () => {
    const { origins } = recording({ fetch: unreachable });
    await assert.rejects(
      provide("release", origins, tool("a")),
      /a 1\.0\.0: vendor\.example did not answer\. Fix: use --source auto/,
    );
    await assert.rejects(
      provide("release", origins, tool("b", false)),
      /b 1\.0\.0: .*nobody publishes it.* Fix: /,
    );
  });

  it("is not another source when a release is not what is pinned", async () => {
    const { asked, origins } = recording({ fetch: () => Promise.reject(new Error("pinned is 00")) });
    await assert.rejects(provide("auto", origins, tool("a")), /pinned is 00/);
    assert.deepEqual(asked, ["fetch a"]);
  });

  it("is named with URL and module when nobody gives it", async () => {
    const { origins } = recording({
      fetch: unreachable,
      build: (wanted) => Promise.reject(new Error(`${wanted.name}: module example.org/a`)),
    });
    await assert.rejects(
      provide("auto", origins, tool("a")),
      /release https:\/\/vendor\.example\/a: vendor\.example did not answer\. .*a: module example\.org\/a/,
    );
  });
});

describe("a tool that was provided", () => {
  it("carries the sha256 of its program", async () => {
    const [installed] = await new ToolProvider("auto", recording().origins).ensureAll([tool("a")]);
    assert.ok(installed);
    const digest = createHash("sha256").update(readFileSync(installed.program)).digest("hex");
    assert.equal(installed.sha256, digest);
  });
});

describe("a tool of two architectures", () => {
  const box = tool("kubelet");
  const arm = { ...tool("kubelet"), architecture: "arm64" } as const;

  it("has a place of its own in the cache for each, and that of amd64 is where it ever was", () => {
    const folderOf = (of: Tool): string => path.basename(path.dirname(toolPath(of)));
    assert.match(folderOf(box), /^1\.0\.0-[0-9a-f]{12}$/);
    assert.match(folderOf(arm), /^1\.0\.0-arm64-[0-9a-f]{12}$/);
  });

  it("is provided for each by itself", async () => {
    const { asked, origins } = recording();
    await provide("modules", origins, box, arm, box, arm);
    assert.deepEqual(asked, ["build kubelet", "build kubelet"]);
  });

  it("is named in errors with the architecture where that is not the box's", async () => {
    const { origins } = recording();
    const unpinned = { ...tool("kube-router", false), architecture: "arm64" } as const;
    await assert.rejects(
      provide("release", origins, unpinned),
      /^Error: kube-router 1\.0\.0 \(arm64\): no pinned/,
    );
    await assert.rejects(provide("release", origins, tool("dex", false)), /^Error: dex 1\.0\.0: no pinned/);
  });
});
