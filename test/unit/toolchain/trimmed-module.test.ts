import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { copyTrimmed, trimList, type Trim } from "../../../toolchain/trimmed-module";

const module = "example.org/provider";
const trim: Trim = {
  module,
  folders: ["internal"],
  keep: { [`${module}/internal/service`]: ["kms"], "example.org/sdk/service": ["kms"] },
  lists: ["internal/clients.go"],
  omit: ["sweep.go"],
};

const list = `package internal

import (
\t"context"
\t"example.org/sdk/service/kms"
\t"example.org/sdk/service/rds"
)

func KMSClient(ctx context.Context) *kms.Client {
\treturn client[*kms.Client](ctx)
}

func RDSClient(ctx context.Context) *rds.Client {
\treturn client[*rds.Client](ctx)
}

var all = []any{
\tkms.New(),
\trds.New(),
}
`;

const trimmedList = `package internal

import (
\t"context"
\t"example.org/sdk/service/kms"
)

func KMSClient(ctx context.Context) *kms.Client {
\treturn client[*kms.Client](ctx)
}

var all = []any{
\tkms.New(),
}
`;

describe("a module of which little is compiled", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "trimmed-"));
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("loses in its lists every line and function of a package that goes, and nothing else", () => {
    assert.equal(trimList(list, trim.keep), trimmedList);
    assert.equal(trimList(trimmedList, trim.keep), trimmedList);
  });

  it("is copied without its tests, its documentation and the packages that go", () => {
    const files = {
      "go.mod": `module ${module}\n`,
      "internal/clients.go": list,
      "internal/embed.hcl": "embedded\n",
      "internal/notes.md": "told\n",
      "internal/service/kms/key.go": "package kms\n",
      "internal/service/kms/key_test.go": "package kms\n",
      "internal/service/kms/sweep.go": "package kms\n",
      "internal/service/rds/rds.go": "package rds\n",
      "examples/main.go": "package main\n",
    };
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(folder, "whole", name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    const copy = path.join(folder, "copy");
    copyTrimmed(path.join(folder, "whole"), copy, trim);
    const copied = readdirSync(copy, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.includes("."),
    );
    assert.deepEqual(copied.sort(), [
      "go.mod",
      "internal/clients.go",
      "internal/embed.hcl",
      "internal/service/kms/key.go",
    ]);
    assert.equal(readFileSync(path.join(copy, "internal/clients.go"), "utf8"), trimmedList);
  });
});
