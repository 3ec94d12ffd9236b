import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Change } from "../../../report/change";
import { renderHtml } from "../../../report/html";
import { groupChanges, type Report } from "../../../report/report";

function page(changes: readonly Change[], parts: Partial<Report> = {}): string {
  const groups = groupChanges(changes);
  const [worst] = groups;
  return renderHtml({
    stack: "dev",
    worst: worst?.worst ?? { class: "none", reason: "" },
    worstChange: worst?.changes[0],
    counts: [],
    groups,
    violations: [],
    policyPacks: {},
    errors: [],
    complete: true,
    ...parts,
  });
}

const change: Change = {
  place: "worker-0",
  title: "file /etc/x",
  operation: "update",
  impact: { class: "reload", reason: "because" },
  diff: "@@ -1,1 +1,1 @@\n-old\n+new",
  fields: [{ path: "mode", before: "0644", after: "0600" }],
};

describe("the page", () => {
  it("loads nothing and runs nothing", () => {
    const html = page([change]);
    assert.match(html, /Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'/);
    assert.doesNotMatch(html, /<script|<link|<img|https?:\/\/|\burl\(|@import/);
  });

  it("is told to a reader who sees no colours, or nothing at all", () => {
    const html = page([change, { ...change, place: "worker-1", diff: "+x" }]);
    assert.match(html, /<html lang="en">/);
    assert.match(html, /<span class="removed">-old\n<\/span><span class="added">\+new\n<\/span>/);
    assert.match(html, /<th scope="col">before<\/th>/);
    assert.match(html, /<pre tabindex="0" role="group" aria-label="Changed lines">/);
    assert.match(html, /<nav aria-labelledby="places"><h2 id="places">Places<\/h2>.*href="#place-2"/);
    assert.match(html, /<section id="place-2">/);
  });

  it("scrolls sideways only where the keyboard can, too; all else is wrapped", () => {
    const html = page([change], { errors: ["e"] });
    const scrolling = [...html.matchAll(/^([^\s{}]+) \{[^}]*overflow-x: auto;/gm)].map(
      ([, selector]) => selector,
    );
    assert.deepEqual(scrolling, ["pre"]);
    assert.doesNotMatch(html, /<pre(?! tabindex="0" role="group" aria-label="[^"]+")/);
    assert.match(html, /^body \{[^}]*overflow-wrap: anywhere;/m);
  });

  it("takes no text for HTML", () => {
    const evil = `</pre></code><script>alert("1")</script>'`;
    const html = page(
      [
        {
          ...change,
          place: evil,
          title: evil,
          diff: `+${evil}`,
          fields: [{ path: evil, before: evil, after: undefined }],
          impact: { class: "reload", reason: evil },
        },
      ],
      {
        errors: [evil],
        violations: [{ pack: evil, policy: evil, level: evil, message: evil, resource: evil }],
        stack: evil,
      },
    );
    assert.doesNotMatch(html, /<script/);
    assert.ok(!html.includes(evil));
    assert.match(html, /&lt;script&gt;alert\(&quot;1&quot;\)/);
  });

  it("opens what hurts, and keeps what does not closed", () => {
    assert.match(page([change]), /<details class="change" open>/);
    assert.match(
      page([{ ...change, impact: { class: "none", reason: "x" } }]),
      /<details class="change"><summary>/,
    );
  });

  it("explains every class", () => {
    assert.equal(page([]).match(/<dt>/g)?.length, 7);
  });
});
