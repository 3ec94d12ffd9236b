import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { renderWithdrawal } from "../../../components/metrics/withdrawal";
import { assertShellcheckClean } from "../../support/shellcheck";

const script = renderWithdrawal();

describe("the script that takes metrics-server away", () => {
  it("passes shellcheck", () => {
    assertShellcheckClean(script);
  });

  it("stops the unit before its files go, and the user after them", () => {
    const order = ["disable --now", "rm --force /etc/systemd", "rm --force --recursive", "userdel"];
    const places = order.map((text) => script.indexOf(text));
    assert.ok(places.every((place) => place > 0));
    assert.deepEqual(
      places,
      [...places].sort((left, right) => left - right),
    );
  });

  it("removes the folder of its keys, and no other folder", () => {
    const removed = [...script.matchAll(/--recursive (\S+)/g)].map(([, path]) => path);
    assert.deepEqual(removed, ["/etc/kubernetes/metrics-server"]);
  });
});
