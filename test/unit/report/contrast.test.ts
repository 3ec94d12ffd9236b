import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";

const style = readFileSync(path.join(__dirname, "../../../report/report.css"), "utf8");

/** Colours of a scheme by name, as `text: #1b1f24`. */
type Scheme = Readonly<Record<string, string>>;

function colours(block: string): Scheme {
  const found = [...block.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)];
  return Object.fromEntries(found.map(([, name = "", hex = ""]) => [name, hex]));
}

/** The first block is the light scheme, the second the dark one. */
const [light = {}, dark = {}] = [...style.matchAll(/:root \{([^}]*)\}/g)].map(([, block = ""]) =>
  colours(block),
);

/** Relative luminance of a colour (WCAG 2.2). */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const channel = parseInt(hex.slice(start, start + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(first: string, second: string): number {
  const [lighter = 0, darker = 0] = [luminance(first), luminance(second)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

/** Text and what it stands on. */
const texts: readonly (readonly [text: string, ground: string])[] = [
  ["text", "ground"],
  ["text", "panel"],
  ["muted", "ground"],
  ["link", "ground"],
  ["added-text", "added"],
  ["removed-text", "removed"],
  ["hunk-text", "panel"],
  ...["none", "mild", "middle", "high", "worst"].map((badge) => ["badge-text", badge] as const),
];
/** What is no text and must be seen all the same: the ring around what has the focus, the frame of an error. */
const shapes: readonly (readonly [shape: string, ground: string])[] = [
  ["link", "ground"],
  ["link", "panel"],
  ["worst", "ground"],
];
/** Lines that part what parts without them, too. */
const ornaments = ["line"];

describe("the colours of the page", () => {
  it("differ by scheme, and are all of them judged here", () => {
    const judged = new Set([...texts.flat(), ...shapes.flat(), ...ornaments]);
    for (const scheme of [light, dark]) assert.deepEqual(Object.keys(scheme).sort(), [...judged].sort());
    assert.notEqual(light["ground"], dark["ground"]);
  });

  it("are named once: nothing is coloured beside the two schemes", () => {
    assert.doesNotMatch(style.replace(/:root \{[^}]*\}/g, ""), /#[0-9a-f]{3,8}\b|\brgb|\bhsl/);
  });

  for (const [name, scheme] of Object.entries({ light, dark })) {
    for (const [text, ground] of texts) {
      it(`let ${text} be read on ${ground}, ${name} (WCAG 2.2, 1.4.3)`, () => {
        assert.ok(contrast(scheme[text] ?? "", scheme[ground] ?? "") >= 4.5);
      });
    }
    for (const [shape, ground] of shapes) {
      it(`let ${shape} be seen on ${ground}, ${name} (WCAG 2.2, 1.4.11)`, () => {
        assert.ok(contrast(scheme[shape] ?? "", scheme[ground] ?? "") >= 3);
      });
    }
  }

  it("are measured as the standard does: black on white is 21 to 1, and grey #777777 is not enough", () => {
    assert.equal(contrast("#000000", "#ffffff"), 21);
    assert.ok(contrast("#777777", "#ffffff") < 4.5);
    assert.ok(contrast("#767676", "#ffffff") >= 4.5);
  });
});
