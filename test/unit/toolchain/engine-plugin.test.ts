import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, it } from "node:test";
import {
  enginePluginFolder,
  enginePlugins,
  ensureEnginePlugin,
  hasEnginePlugin,
  type EnginePlugin,
} from "../../../toolchain/engine-plugin";
import { cacheFolder } from "../../../toolchain/cache";
import { scratchFolder } from "./scratch";

const plugin: EnginePlugin = {
  name: "cloud",
  version: "1.2.3",
  release: "https://example.org/releases/tag/v1.2.3",
  neededFor: "hosts.provider: cloud",
};

describe("a plugin that the engine fetches", () => {
  let home: string;
  let fetched: number;
  const install = (): Promise<void> => {
    fetched += 1;
    const folder = enginePluginFolder(plugin, home);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, "pulumi-resource-cloud"), "");
    return Promise.resolve();
  };
  beforeEach(() => {
    home = scratchFolder();
    fetched = 0;
  });

  it("lies where the engine looks for it", () => {
    assert.equal(enginePluginFolder(plugin, home), path.join(home, "plugins", "resource-cloud-v1.2.3"));
  });

  it("is fetched when it is missing, and once", async () => {
    await ensureEnginePlugin(plugin, install, home);
    await ensureEnginePlugin(plugin, install, home);
    assert.equal(fetched, 1);
  });

  it("is fetched again when the last time was cut off", async () => {
    await install();
    writeFileSync(`${enginePluginFolder(plugin, home)}.partial`, "");
    assert.equal(hasEnginePlugin(plugin, home), false);
    await ensureEnginePlugin(plugin, install, home);
    assert.equal(fetched, 2);
  });

  it("is missed with a word of what needs it, where it would be, and what to do", async () => {
    const refuse = (): Promise<void> => Promise.reject(new Error("no route to host"));
    await assert.rejects(ensureEnginePlugin(plugin, refuse, home), (error: Error) => {
      assert.equal(
        error.message,
        `pulumi-resource-cloud 1.2.3: hosts.provider: cloud needs it, and https://example.org/releases/tag/v1.2.3 could not be fetched (Error: no route to host). Fix: let this box reach github.com, or fetch the archive elsewhere and run PULUMI_HOME=${home} ${cacheFolder()}/engine/pulumi plugin install resource cloud 1.2.3 --file ARCHIVE`,
      );
      return true;
    });
  });

  it("is the one of AWS, in the version of its npm package", () => {
    const { dependencies } = JSON.parse(
      readFileSync(path.join(__dirname, "../../../package.json"), "utf8"),
    ) as { dependencies: Record<string, string> };
    assert.deepEqual(
      enginePlugins.map(({ name, version }) => [name, version]),
      [["aws", dependencies["@pulumi/aws"]]],
    );
  });
});
