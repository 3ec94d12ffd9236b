import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { renderAdoptionScript } from "../../../../components/hosts/inventory/adoption-script";
import { convergeFunctions } from "../../../../components/plan/functions";
import { assertShellcheckClean } from "../../../support/shellcheck";

const options = {
  adminUser: "redoubt",
  publicKeys: ["ssh-ed25519 AAAA stack"],
  architecture: "arm64",
  authorities: "-----BEGIN CERTIFICATE-----\nours\n-----END CERTIFICATE-----\n",
};
const script = renderAdoptionScript(options);
const calls = script.slice(convergeFunctions.length);

describe("the adoption of a host", () => {
  it("makes the administrator, with sudo and the stack's key", () => {
    assert.match(calls, /^user redoubt redoubt \/home\/redoubt \/bin\/bash login$/m);
    assert.match(calls, /^redoubt ALL=\(ALL\) NOPASSWD:ALL$/m);
    for (const file of ["/etc/ssh/authorized_keys.d/redoubt", "/home/redoubt/.ssh/authorized_keys"]) {
      assert.match(calls, new RegExp(`printf .* add-key 'ssh-ed25519 AAAA stack' ${file}`), file);
    }
  });

  it("lets in every key of the stack while they are rotated, so that what fails after it goes on with either", () => {
    const keys = ["ssh-ed25519 AAAA stack", "ssh-ed25519 BBBB next"];
    const both = renderAdoptionScript({ ...options, publicKeys: keys });
    for (const key of keys) assert.equal(both.split(`add-key '${key}'`).length, 3, key);
    assertShellcheckClean(both);
  });

  it("asks first of all what the host's Debian is for, before anything is changed", () => {
    assert.match(script, /^# --- adoption ---\narchitecture=\$\(dpkg --print-architecture\)$/m);
    assert.match(calls, /hosts\.inventory\.architecture = arm64, but Debian on this host is for/);
  });

  it("asks then whether the host is of another cluster, before anything is changed", () => {
    assert.match(
      script,
      /^fi\nauthorities='-----BEGIN CERTIFICATE-----\nours\n-----END CERTIFICATE-----\n'$/m,
    );
    assert.ok(script.indexOf("\nauthorities=") < script.indexOf("\nuser redoubt"));
  });

  it("takes nothing away: no key, no login, no setting of sshd", () => {
    assert.doesNotMatch(calls, /^absent |^file \/etc\/ssh|^unit |passwd --quiet --lock/m);
  });

  it("fails where sshd would not let the administrator in, and says which keywords decide it", () => {
    assert.match(
      calls,
      /step 'sshd lets redoubt in by key \(AllowUsers, AllowGroups, PubkeyAuthentication.*' 5 /s,
    );
    assert.match(calls, / sshd redoubt false$/m);
  });

  it("is no plan that drift would look for: it is true once", () => {
    assert.doesNotMatch(script, /^# --- the plan: /m);
    assert.match(script, /^# --- adoption ---$/m);
  });

  it("is a clean script", () => {
    assertShellcheckClean(script);
  });
});
