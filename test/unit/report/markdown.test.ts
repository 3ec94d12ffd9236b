import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Change } from "../../../report/change";
import { impactClasses, type ImpactClass } from "../../../report/impact";
import { commentMarker, githubCommentLimit, renderMarkdown } from "../../../report/markdown";
import { groupChanges, isAcceptable, type Report } from "../../../report/report";

const change = (parts: Partial<Change> & { readonly class?: ImpactClass } = {}): Change => ({
  place: "worker-0",
  title: "file /etc/x",
  operation: "update",
  impact: { class: parts.class ?? "none", reason: "because" },
  ...parts,
});

function reportOf(changes: readonly Change[], parts: Partial<Report> = {}): Report {
  const groups = groupChanges(changes);
  return {
    stack: "dev",
    worst: groups[0]?.worst ?? { class: "none", reason: "" },
    worstChange: groups[0]?.changes[0],
    counts: [],
    groups,
    violations: [],
    policyPacks: {},
    errors: [],
    complete: true,
    ...parts,
  };
}

const bigDiff = (lines: number): string =>
  Array.from({ length: lines }, (_, index) => `+line ${index}`).join("\n");

describe("a comment", () => {
  it("begins with the marker that the next run finds it by, and with the worst", () => {
    const markdown = renderMarkdown(reportOf([change({ class: "drain" })]));
    assert.ok(markdown.startsWith(`${commentMarker("dev")}\n## dev: drain\n`));
    assert.match(markdown, /\*\*Worst impact:\*\* worker-0, file \/etc\/x: because\./);
  });

  it("says so when nothing changes, and when the preview ended early", () => {
    assert.match(renderMarkdown(reportOf([])), /## dev: nothing changes\n[\s\S]*`up` would change nothing/);
    assert.match(
      renderMarkdown(reportOf([change()], { complete: false, errors: ["boom"] })),
      /did not come to its end[\s\S]*not all that would change[\s\S]*boom/,
    );
  });

  it("shows all there is while there is room", () => {
    const markdown = renderMarkdown(reportOf([change({ diff: bigDiff(200) })]));
    assert.match(markdown, /\+line 199/);
    assert.doesNotMatch(markdown, /Cut/);
  });

  it("is never longer than its limit, whatever changes", () => {
    for (const [count, lines] of [
      [3, 5_000],
      [300, 50],
      [3_000, 1],
    ] as const) {
      const changes = Array.from({ length: count }, (_, index) =>
        change({ place: `host-${index}`, title: `file /etc/${index}`, diff: bigDiff(lines) }),
      );
      const markdown = renderMarkdown(reportOf(changes));
      assert.ok(markdown.length <= githubCommentLimit, `${count} × ${lines}: ${markdown.length}`);
      assert.match(markdown, /\*\*Cut\*\* to fit a comment of 65536 characters/);
    }
  });

  it("keeps the title of every change, and the details of the worst", () => {
    const changes = impactClasses.map((name) =>
      change({ class: name, title: `file /etc/${name}`, diff: bigDiff(3_000).replaceAll("line", name) }),
    );
    const markdown = renderMarkdown(reportOf([...changes].reverse()));
    for (const name of impactClasses) assert.match(markdown, new RegExp(`<code>file /etc/${name}</code>`));
    assert.match(markdown, /\+data-loss 2999\n/);
    assert.match(markdown, /\+none 39\n… 2960 more lines/);
    assert.match(markdown, /the details of 6 changes left out/);
  });

  it("counts the changes that it does not name at all", () => {
    const changes = Array.from({ length: 2_000 }, (_, index) => change({ title: `file /etc/${index}` }));
    const markdown = renderMarkdown(reportOf(changes));
    const named = markdown.match(/update `file /g)?.length ?? 0;
    assert.match(markdown, new RegExp(`${2_000 - named} changes of the lowest impact`));
  });

  it("keeps what hurts in the last group before what does not in the first, each by its place", () => {
    const harmless = Array.from({ length: 300 }, (_, index) =>
      change({ place: "a", title: `file /etc/${index}`, diff: "+x" }),
    );
    const report = reportOf([
      change({ place: "a", title: "first", class: "data-loss", diff: "+lost" }),
      ...harmless,
      change({ place: "z", title: "last", class: "reboot", diff: "+kernel" }),
    ]);
    const markdown = renderMarkdown(report, 6_000);
    assert.ok(markdown.length <= 6_000);
    assert.match(markdown, /\n### a: data loss\n[\s\S]* `first` [\s\S]*\n### z: reboot\n[\s\S]* `last` /);
    const roomier = renderMarkdown(report, 16_000);
    assert.match(roomier, /\n\+lost\n[\s\S]*\n### z: reboot\n[\s\S]*\n\+kernel\n/);
    assert.match(roomier, /the details of \d+ changes left out/);
    const named = markdown.match(/file \/etc\//g)?.length ?? 0;
    assert.ok(named > 0 && named < 300);
    assert.match(markdown, new RegExp(`${300 - named} changes of the lowest impact left out`));
  });

  it("says what policies refuse and what changes however long its errors are, and cuts none in the middle", () => {
    const errors = Array.from({ length: 60 }, (_, index) => `error ${index} ${"x".repeat(3_000)}`);
    const violation = {
      pack: "pack",
      policy: "no-open-door",
      level: "mandatory",
      message: "shut it",
      resource: "urn:pulumi:dev::redoubt::a:b:C::name",
    };
    const report = reportOf([change({ class: "reboot" })], { errors, violations: [violation] });
    for (const limit of [githubCommentLimit, 20_000, 5_000]) {
      const markdown = renderMarkdown(report, limit);
      assert.ok(markdown.length <= limit);
      assert.match(markdown, /\*\*mandatory\*\* `no-open-door` on `name`: shut it\n/);
      assert.match(markdown, /- <b>reboot<\/b>: update `file \/etc\/x`/);
      const shown = markdown.match(/^error \d+ x/gm)?.length ?? 0;
      assert.match(markdown, new RegExp(`… and ${60 - shown} more, in the HTML report`));
      assert.equal(markdown.match(/^```$/gm)?.length ?? 0, 2 * shown);
    }
  });

  it("leaves out whole parts where there is room for nothing else", () => {
    const report = reportOf([change({ class: "reboot", diff: bigDiff(50) })], { errors: ["boom"] });
    for (let limit = 0; limit < 3_000; limit += 50) {
      const markdown = renderMarkdown(report, limit);
      assert.ok(markdown.length <= limit);
      assert.equal((markdown.match(/^```/gm)?.length ?? 0) % 2, 0);
      assert.equal(markdown.match(/<details>/g)?.length, markdown.match(/<\/details>/g)?.length);
    }
  });

  it("lets no text of a change end its fence, open a tag, call a person or split a table", () => {
    const evil = "```\n</details><img src=x onerror=alert(1)>@everyone";
    const markdown = renderMarkdown(
      reportOf([
        change({
          title: "file </code><script>@everyone",
          diff: `+${evil}`,
          fields: [{ path: "a|b", before: "`x` | y", after: "new\nline @team" }],
          impact: { class: "none", reason: "<b>@someone</b>" },
        }),
      ]),
    );
    assert.match(markdown, /````diff\n\+```\n<\/details>.*\n````\n/);
    assert.match(markdown, /<code>file &lt;\/code&gt;&lt;script&gt;&#64;everyone<\/code>/);
    assert.match(markdown, /&lt;b&gt;&#64;someone&lt;\/b&gt;/);
    assert.match(markdown, /\| `a\\\|b` \| `` `x` \\\| y `` \| `new ⏎ line @team` \|/);
  });

  it("takes a lone carriage return for the end of a line, in a table, a title and a text", () => {
    for (const end of ["\r", "\r\n", "\n", "\u2028", "\u2029"]) {
      const evil = `x${end}${end}<!--`;
      const markdown = renderMarkdown(
        reportOf([
          change({ title: evil, fields: [{ path: "a", before: evil, after: "y" }] }),
          change({ title: evil, impact: { class: "none", reason: evil } }),
        ]),
      );
      assert.doesNotMatch(markdown, /[\r\u2028\u2029]/);
      assert.match(markdown, /^\| `a` \| `x ⏎ <!--` \| `y` \|$/m);
      assert.match(markdown, /<code>x &lt;!--<\/code>/);
      assert.match(markdown, /^- .*`x ⏎ <!--` – x &lt;\\!--$/m);
    }
  });

  it("lets no Markdown of a title or a reason mean anything, with details and without", () => {
    const evil = "[link](https://evil.example) ![](https://evil.example/x.png) `a` | b";
    const impact = { class: "none", reason: evil } as const;
    const inList = renderMarkdown(reportOf([change({ title: evil, impact })]));
    assert.ok(inList.includes(`update \`\`${evil}\`\` – `));
    assert.match(inList, /– \\\[link\\\]\\\(https:.*\\!\\\[\\\].* \\`a\\` \\\| b$/m);
    const inSummary = renderMarkdown(reportOf([change({ title: evil, impact, diff: "+x" })]));
    assert.ok(inSummary.includes(`<summary><b>none</b>: update <code>${evil}</code> – ${evil}</summary>\n`));
  });

  it("lists what policies found, the mandatory first, and says when nobody looked", () => {
    const violation = (level: string, policy: string): Report["violations"][number] => ({
      pack: "pack",
      policy,
      level,
      message: "why and how to mend it",
      resource: "urn:pulumi:dev::redoubt::a:b:C::name",
    });
    const report = reportOf([], {
      violations: [violation("mandatory", "one"), violation("advisory", "two")],
      policyPacks: { "pack|local|/home/somebody/policies": "1.0.0" },
    });
    assert.match(
      renderMarkdown(report),
      /^pack 1\.0\.0: 1 mandatory and 1 other violations[\s\S]*\*\*mandatory\*\* `one` on `name`[\s\S]*\*\*advisory\*\* `two`/m,
    );
    assert.equal(isAcceptable(report), false);
    assert.equal(isAcceptable({ ...report, violations: report.violations.slice(1) }), true);
    assert.match(renderMarkdown(reportOf([])), /No policy pack ran/);
    assert.match(
      renderMarkdown(reportOf([], { policyPacks: undefined })),
      /does not say what policies found/,
    );
  });
});

describe("places with the same changes", () => {
  it("are told of once", () => {
    const groups = groupChanges([
      change({ place: "worker-1" }),
      change({ place: "worker-0" }),
      change({ place: "worker-2", diff: "+other" }),
    ]);
    assert.deepEqual(
      groups.map(({ places }) => places),
      [["worker-0", "worker-1"], ["worker-2"]],
    );
  });

  it("come in the order of their worst change", () => {
    const groups = groupChanges([
      change({ place: "a", class: "reload" }),
      change({ place: "b", class: "data-loss" }),
      change({ place: "c", class: "reboot" }),
    ]);
    assert.deepEqual(
      groups.map(({ places }) => places[0]),
      ["b", "c", "a"],
    );
  });
});
