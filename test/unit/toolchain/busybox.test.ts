import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ensureBusybox, foreignAptOptions } from "../../../toolchain/busybox";

describe("Debian's busybox", () => {
  it("is the box's own for the box's architecture: nothing is fetched", async () => {
    assert.equal(await ensureBusybox("amd64"), "/bin/busybox");
  });
});

describe("apt for another architecture", () => {
  const options = foreignAptOptions("/scratch/apt", "arm64");

  it("knows that architecture alone", () => {
    assert.ok(options.includes("APT::Architecture=arm64"));
    assert.ok(options.includes("APT::Architectures=arm64"));
  });

  it("keeps lists, archives and installed packages apart from the box's", () => {
    for (const name of ["Dir::State", "Dir::State::status", "Dir::Cache"]) {
      assert.ok(
        options.some((option) => option.startsWith(`${name}=/scratch/apt/`)),
        name,
      );
    }
  });

  it("has the box's sources and keys, and trusts nothing that the box would not", () => {
    for (const option of options) {
      assert.doesNotMatch(option, /^Dir=|Dir::Etc|Trusted|Unauthenticated|AllowInsecure|AllowWeak/);
    }
  });
});
