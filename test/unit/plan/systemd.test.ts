import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { renderFlags } from "../../../components/plan/flags";
import { execStart, renderUnit } from "../../../components/plan/systemd";

describe("unit files", () => {
  it("have sections and directives in order; lists repeat, booleans are yes or no", () => {
    const text = renderUnit({
      Unit: { Description: "x", After: ["a", "b"] },
      Service: { Restart: "no", NoNewPrivileges: true },
    });
    assert.equal(
      text,
      "[Unit]\nDescription=x\nAfter=a\nAfter=b\n\n[Service]\nRestart=no\nNoNewPrivileges=yes\n",
    );
  });

  it("take no line break that would add a directive", () => {
    assert.throws(() => renderUnit({ Service: { User: "x\nUser=root" } }), /spans lines/);
  });

  it("show one argument a line, escaped for systemd, environment references left alone", () => {
    assert.equal(
      execStart("/bin/x", ["--a=1", "--b=50% of $HOME", "$ARGS"]),
      '/bin/x \\\n  --a=1 \\\n  "--b=50%% of $$HOME" \\\n  $ARGS',
    );
  });
});

describe("flags", () => {
  it("are sorted, lists joined, what is undefined left out", () => {
    assert.deepEqual(renderFlags({ b: true, a: ["x", "y"], d: undefined, c: 3 }), [
      "--a=x,y",
      "--b=true",
      "--c=3",
    ]);
  });
});
