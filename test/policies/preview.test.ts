import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, describe, it } from "node:test";
import { ownPolicies, packPolicies } from "../../policies/pack";
import { PreviewProject } from "./engine";
import { consequences, foundElsewhere, mistakes } from "./planted/mistakes";

const root = path.dirname(path.dirname(__dirname));
const configuration = readFileSync(path.join(root, "Pulumi.local.yaml"), "utf8").replace(
  /^encryptionsalt:.*$/m,
  "",
);

/** What lies where the engine looks for plugins, and puts those that it fetches. */
const plugins = (): string[] => readdirSync(path.join(process.env["PULUMI_HOME"] ?? "", "plugins")).sort();

describe("A preview of the program with the pack", () => {
  const pluginsBefore = plugins();
  const project = new PreviewProject("index.ts", "clean", configuration);
  after(() => {
    project.remove();
  });

  it("is clean at production levels, and says what is not known yet", () => {
    const { outcome, found } = project.preview("prod");
    assert.equal(outcome.code, 0, outcome.stdout + outcome.stderr);
    assert.deepEqual(
      found.map(({ policy, level }) => `${level} ${policy}`),
      [`advisory ${ownPolicies.undecided}`],
    );
    const [doubts] = found;
    assert.match(doubts?.message ?? "", /^\.connection can't be known during preview: .* not judged by /m);
  });

  it("fetches no plugin, though packages of more plugins are installed than it uses", () => {
    assert.deepEqual(plugins(), pluginsBefore);
    // On a box without internet nothing comes, whatever the engine tries.
    assert.equal(process.env["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"], "true");
  });
});

describe("A preview of a program with mistakes", () => {
  const project = new PreviewProject("test/policies/planted/program.ts", "planted", configuration);
  const { outcome, found } = project.preview();
  after(() => {
    project.remove();
  });

  it("fails", () => {
    assert.notEqual(outcome.code, 0);
    assert.ok(mistakes.length >= 20);
  });

  for (const { rule, resource } of mistakes) {
    it(`${rule} catches the one in ${resource}`, () => {
      const where = foundElsewhere[rule] ?? resource;
      const own = found.filter((violation) => violation.policy === rule && violation.resource === where);
      assert.notEqual(own.length, 0, `${outcome.stdout}${outcome.stderr}`.slice(-2000));
      const level = packPolicies().find(({ name }) => name === rule)?.enforcementLevel;
      assert.ok(own.every((violation) => violation.level === level));
    });
  }

  it("and nobody sees anything that was not planted", () => {
    const planted = mistakes.map(({ rule, resource }) => `${rule} ${foundElsewhere[rule] ?? resource}`);
    const explained = new Set([...planted, ...consequences.map((pair) => pair.join(" "))]);
    const others = found.filter(
      ({ policy, resource, level }) => level === "mandatory" && !explained.has(`${policy} ${resource}`),
    );
    assert.deepEqual(others, []);
  });
});
