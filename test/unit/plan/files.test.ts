import assert from "node:assert/strict";
import { chmodSync, chownSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { mergeFragments } from "../../../components/plan/merge";
import type { FileSpec } from "../../../components/plan/plan";
import { renderScript } from "../../../components/plan/script";
import { ConvergeHost } from "../../support/converge";

describe("a file on a host", () => {
  const host = new ConvergeHost();
  const { uid, gid } = statSync(host.folder);
  const owner = { owner: host.owner, group: host.owner };
  const changes = (file: Omit<FileSpec, "content">): readonly string[] => {
    const { code, stderr, changed } = host.run(
      renderScript(mergeFragments({ test: { files: [{ content: "told\n", ...file }] } }), "test"),
    );
    assert.equal(code, 0, stderr);
    return changed;
  };
  after(() => {
    host.remove();
  });

  for (const mode of ["0600", "0640", "0644", "0755"]) {
    it(`is written with mode ${mode}, once`, () => {
      const file = { ...owner, path: host.path(`with-${mode}`), mode };
      assert.deepEqual(changes(file), [`file ${file.path}`]);
      assert.equal(statSync(file.path).mode & 0o7777, parseInt(mode, 8));
      assert.deepEqual(changes(file), []);
    });
  }

  it("is not written through what somebody left where it is prepared", () => {
    const elsewhere = path.join(host.folder, "elsewhere");
    writeFileSync(elsewhere, "theirs");
    symlinkSync(elsewhere, host.path(".prepared.redoubt-new"));
    assert.deepEqual(changes({ ...owner, path: host.path("prepared") }), [`file ${host.path("prepared")}`]);
    assert.equal(host.read("elsewhere"), "theirs");
    assert.equal(host.read("etc/prepared"), "told\n");
  });

  describe("in a folder that hands on its group", () => {
    const shared = path.join(host.folder, "etc");
    // Who is not root can give a folder to a group of its own only.
    const other = uid === 0 ? 1 : (process.getgroups?.().find((group) => group !== gid) ?? gid);
    before(() => {
      chownSync(shared, uid, other);
      chmodSync(shared, 0o2775);
    });
    after(() => {
      chmodSync(shared, 0o755);
    });

    it("belongs to the group that it shall belong to", () => {
      const file = { ...owner, path: host.path("shared"), mode: "0600" };
      assert.deepEqual(changes(file), [`file ${file.path}`]);
      assert.equal(statSync(file.path).gid, gid);
      assert.deepEqual(changes(file), []);
    });
  });
});
