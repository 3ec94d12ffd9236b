import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  comparePromised,
  compareSshd,
  differingFiles,
  type HostExpectation,
} from "../../../drift/compare-host";
import { manifestOf, secretManifestOf } from "../../../components/plan/manifest";
import { mergeFragments } from "../../../components/plan/merge";
import { readScript } from "../../../components/plan/read-script";
import { readSecretScript } from "../../../components/plan/read-secret-script";
import { renderScript } from "../../../components/plan/script";
import { renderSecretScript } from "../../../components/plan/secret-script";
import { factsOf, type HostAnswers } from "../../support/healthy-host";

const plan = mergeFragments({
  test: {
    packages: ["nftables"],
    groups: [{ name: "readers" }],
    users: [
      { name: "etcd", system: true },
      { name: "redoubt", groups: ["readers"] },
    ],
    directories: [{ path: "/etc/d", mode: "0700" }],
    artifacts: [
      { name: "a", version: "1", url: "file:///store/a", sha256: "a".repeat(64), path: "/usr/local/bin/a" },
      {
        name: "b",
        version: "1",
        url: "https://example.org/b",
        sha256: "b".repeat(64),
        path: "/usr/local/bin/b",
      },
    ],
    files: [
      { path: "/etc/x", content: "one\ntwo\nthree\n", mode: "0640" },
      { path: "/etc/ssh/sshd_config.d/00-redoubt.conf", content: "PermitRootLogin no\nAllowUsers redoubt\n" },
    ],
    links: [{ path: "/etc/l", target: "/etc/x" }],
    absent: ["/etc/old"],
    sysctls: [
      { key: "net.ipv4.ip_forward", value: "1" },
      { key: "net.ipv6.conf.all.accept_ra", value: "0" },
      { key: "kernel.panic", value: "10", namespaced: false },
    ],
    steps: [
      { description: "password of root locked", unless: ["true"], command: ["true"] },
      { description: "rules loaded", unless: ["true"], command: ["true"] },
    ],
    units: [
      { name: "a.service" },
      { name: "off.service", enabled: false, state: "stopped" },
      { name: "masked.service", state: "masked" },
      { name: "auditd.service", needsOwnKernel: true },
    ],
  },
});
const script = readScript(renderScript(plan, "test"));
const secrets = readSecretScript(
  renderSecretScript(
    [],
    [
      { path: "/etc/key", owner: "etcd", group: "etcd", content: "-----BEGIN PRIVATE KEY-----\n" },
      { path: "/etc/crt", owner: "etcd", group: "etcd", mode: "0644", content: "public\n" },
    ],
  ),
);
assert.ok(script && secrets);
const urns = ["urn:apply", "urn:confirm"];
const expectation: HostExpectation = {
  role: "worker",
  adminUser: "redoubt",
  sshPort: 22,
  promised: [...manifestOf(script), ...secretManifestOf(secrets)].map((entry) => ({ entry, urns })),
  deliveries: [],
};
const sshd = "permitrootlogin no\nallowusers redoubt\n";

/** What is found after a change, as `subject: wanted → found`. */
function found(change: (answers: HostAnswers) => void, contents = new Map<string, string>()): string[] {
  const findings = comparePromised(expectation, factsOf(expectation, change), contents);
  return findings.map(({ subject, wanted, found: is }) => `${subject}: ${wanted} → ${is}`);
}

function changed<Value extends object>(map: Map<string, Value>, key: string, change: Partial<Value>): void {
  const value = map.get(key);
  assert.ok(value, `no ${key}`);
  map.set(key, { ...value, ...change });
}

const cases: readonly (readonly [string, (answers: HostAnswers) => void, string])[] = [
  [
    "a package that was removed",
    (host) => host.packages.delete("nftables"),
    "package nftables: installed → not installed",
  ],
  ["a group that is gone", (host) => host.groups.delete("etcd"), "group etcd: is there → is not there"],
  [
    "a user that is gone",
    (host) => (host.accounts = host.accounts.filter(({ name }) => name !== "etcd")),
    "user etcd: is there → is not there",
  ],
  [
    "a service account that got a shell",
    (host) =>
      (host.accounts = host.accounts.map((user) =>
        user.name === "etcd" ? { ...user, shell: "/bin/bash" } : user,
      )),
    "user etcd: shell /usr/sbin/nologin → shell /bin/bash",
  ],
  [
    "a user taken out of a group",
    (host) => host.groups.set("readers", []),
    "user redoubt: in group readers → not in it",
  ],
  [
    "a directory that others may enter",
    (host) => {
      changed(host.paths, "/etc/d", { mode: "0755" });
    },
    "directory /etc/d: root:root 0700 → root:root 0755",
  ],
  [
    "a directory that is gone",
    (host) => host.paths.delete("/etc/d"),
    "directory /etc/d: root:root 0700 → nothing is there",
  ],
  [
    "a file of another owner",
    (host) => {
      changed(host.paths, "/etc/x", { owner: "etcd" });
    },
    "file /etc/x: root:root 0640 → etcd:root 0640",
  ],
  [
    "a file that became a link",
    (host) => {
      changed(host.paths, "/etc/x", { type: "l" });
    },
    "file /etc/x: root:root 0640 → a link is there",
  ],
  [
    "a file with another content",
    (host) => host.checksums.set("/etc/x", "f".repeat(64)),
    "file /etc/x: content sha256 b6285c57e879 → content sha256 ffffffffffff",
  ],
  [
    "a private key that others may read",
    (host) => {
      changed(host.paths, "/etc/key", { mode: "0644" });
    },
    "file /etc/key: etcd:etcd 0600 → etcd:etcd 0644",
  ],
  [
    "a link that leads elsewhere",
    (host) => {
      changed(host.paths, "/etc/l", { target: "/tmp/x" });
    },
    "link /etc/l: a link to /etc/x → a link to /tmp/x",
  ],
  [
    "a program that took the place of an artifact's link",
    (host) => {
      changed(host.paths, "/usr/local/bin/a", { type: "f" });
    },
    "artifact /usr/local/bin/a: a link to /store/a → a file is there",
  ],
  [
    "an artifact that was overwritten",
    (host) => host.checksums.set("/usr/local/bin/b", "c".repeat(64)),
    "artifact /usr/local/bin/b: sha256 bbbbbbbbbbbb → sha256 cccccccccccc",
  ],
  [
    "an artifact that is gone",
    (host) => {
      host.checksums.delete("/usr/local/bin/b");
      host.paths.delete("/usr/local/bin/b");
    },
    "artifact /usr/local/bin/b: sha256 bbbbbbbbbbbb → sha256 none",
  ],
  [
    "what must not be there",
    (host) =>
      host.paths.set("/etc/old", { type: "f", owner: "root", group: "root", mode: "0644", target: "" }),
    "absent /etc/old: nothing is there → something is there",
  ],
  [
    "a kernel parameter",
    (host) => host.sysctls.set("net.ipv4.ip_forward", "0"),
    "sysctl net.ipv4.ip_forward: 1 → 0",
  ],
  [
    "a parameter of the whole kernel",
    (host) => host.sysctls.set("kernel.panic", "0"),
    "sysctl kernel.panic: 10 → 0",
  ],
  [
    "a step, by its own check, with what that says",
    (host) => (host.steps[1] = { exit: 1, output: "-accept\n+drop\n" }),
    "rules loaded: so → not so",
  ],
  [
    "a unit that was stopped",
    (host) => {
      changed(host.units, "a.service", { active: "inactive" });
    },
    "unit a.service: enabled, active → enabled, inactive",
  ],
  [
    "a unit that was disabled",
    (host) => {
      changed(host.units, "a.service", { file: "disabled" });
    },
    "unit a.service: enabled, active → disabled, active",
  ],
  [
    "a unit that fails again and again",
    (host) => {
      changed(host.units, "a.service", { active: "activating" });
    },
    "unit a.service: enabled, active → enabled, activating",
  ],
  [
    "a unit that was masked",
    (host) => {
      changed(host.units, "a.service", { file: "masked", active: "inactive" });
    },
    "unit a.service: enabled, active → masked",
  ],
  [
    "a unit that is gone",
    (host) => {
      changed(host.units, "a.service", { load: "not-found" });
    },
    "unit a.service: is there → there is no such unit",
  ],
  [
    "a unit that was started",
    (host) => {
      changed(host.units, "off.service", { active: "active" });
    },
    "unit off.service: disabled, inactive → disabled, active",
  ],
  [
    "a unit that was unmasked",
    (host) => {
      changed(host.units, "masked.service", { file: "enabled" });
    },
    "unit masked.service: masked → enabled",
  ],
];

describe("a host compared with its plans", () => {
  it("has nothing to say of one that is as it was left", () => {
    assert.deepEqual(
      found(() => undefined),
      [],
    );
  });

  for (const [what, change, expected] of cases) {
    it(`finds ${what}, and nothing else`, () => {
      assert.deepEqual(found(change), [expected]);
    });
  }

  it("takes for as it should be what a container can't have", () => {
    const change = (host: HostAnswers): void => {
      host.container = true;
      host.sysctls.set("kernel.panic", "0");
      changed(host.units, "auditd.service", { active: "inactive" });
    };
    assert.deepEqual(found(change), []);
  });

  it("misses no parameter of IPv6 where the kernel has none of it", () => {
    const change = (host: HostAnswers): void => {
      host.ipv6 = false;
      host.sysctls.delete("net.ipv6.conf.all.accept_ra");
    };
    assert.deepEqual(found(change), []);
    const missing = "sysctl net.ipv6.conf.all.accept_ra: 0 → there is no such parameter";
    assert.deepEqual(
      found((host) => host.sysctls.delete("net.ipv6.conf.all.accept_ra")),
      [missing],
    );
    assert.match(
      found((host) => {
        change(host);
        host.sysctls.delete("net.ipv4.ip_forward");
      }).join(),
      /^sysctl net\.ipv4\.ip_forward/,
    );
  });

  it("still finds in a container what the container has of its own", () => {
    const change = (host: HostAnswers): void => {
      host.container = true;
      host.sysctls.set("net.ipv4.ip_forward", "0");
    };
    assert.deepEqual(found(change), ["sysctl net.ipv4.ip_forward: 1 → 0"]);
  });

  it("counts a unit as enabled that needs no enabling, and a failed one as stopped", () => {
    const change = (host: HostAnswers): void => {
      changed(host.units, "a.service", { file: "static" });
      changed(host.units, "off.service", { file: "static", active: "failed" });
    };
    assert.deepEqual(found(change), []);
  });

  it("shows the line of a file that differs", () => {
    const facts = factsOf(expectation, (host) => host.checksums.set("/etc/x", "f".repeat(64)));
    assert.deepEqual(differingFiles(expectation, facts), ["/etc/x"]);
    const contents = new Map([["/etc/x", "one\n2\nthree\n"]]);
    const [finding] = comparePromised(expectation, facts, contents);
    assert.deepEqual(finding?.diff, ["@@ -1,3 +1,3 @@", " one", "-two", "+2", " three"]);
  });

  it("shows what the check of a step said, without secrets", () => {
    const facts = factsOf(expectation, (host) => {
      host.steps[1] = { exit: 1, output: "-accept\n+drop\n+token: abc\n" };
    });
    const [finding] = comparePromised(expectation, facts, new Map());
    assert.deepEqual(finding?.diff, ["-accept", "+drop", "+(looks like a secret; not shown)"]);
  });

  it("asks for no content of a private key, but for a certificate's", () => {
    const facts = factsOf(expectation, (host) => {
      host.checksums.set("/etc/key", "f".repeat(64));
      host.checksums.set("/etc/crt", "f".repeat(64));
    });
    assert.deepEqual(differingFiles(expectation, facts), ["/etc/crt"]);
    const findings = comparePromised(expectation, facts, new Map([["/etc/key", "leaked\n"]]));
    assert.doesNotMatch(JSON.stringify(findings), /leaked|PRIVATE KEY/);
    assert.equal(findings.length, 2);
  });

  it("names the resources whose run repairs it, the second login included", () => {
    const [finding] = comparePromised(
      expectation,
      factsOf(expectation, (host) => host.packages.delete("nftables")),
      new Map(),
    );
    assert.deepEqual(finding?.repair, { by: "up", way: "replace", urns });
  });

  describe("of a program that is another one where its link rightly leads to", () => {
    const another = factsOf(expectation, (host) => host.checksums.set("/usr/local/bin/a", "c".repeat(64)));

    it("is the user's in the cache that machines of the box mount", () => {
      const [finding] = comparePromised(expectation, another, new Map());
      assert.equal(finding?.repair.by, "hand");
    });

    it("is another delivery where the store is the host's own, and then the plan's", () => {
      const deliveries = ["urn:send"];
      const [finding] = comparePromised({ ...expectation, deliveries }, another, new Map());
      assert.deepEqual(finding?.repair, { by: "up", way: "replace", urns: [...deliveries, ...urns] });
    });
  });
});

describe("effective settings of sshd", () => {
  const compare = (change: (host: HostAnswers) => void): string[] =>
    compareSshd(
      expectation,
      factsOf(expectation, (host) => {
        host.sshd = sshd;
        host.sshdRoot = sshd;
        change(host);
      }),
    ).map(({ subject, wanted, found: is, repair }) => `${subject}: ${wanted} → ${is} (${repair.by})`);

  it("are as the file says", () => {
    assert.deepEqual(
      compare(() => undefined),
      [],
    );
  });

  it("are found by hand when another file sets them", () => {
    assert.deepEqual(
      compare((host) => (host.sshd = sshd.replace("login no", "login yes"))),
      ["sshd -T PermitRootLogin: no → yes (hand)"],
    );
  });

  it("are repaired with the file when it was that which changed", () => {
    assert.deepEqual(
      compare((host) => {
        host.checksums.set("/etc/ssh/sshd_config.d/00-redoubt.conf", "f".repeat(64));
        host.sshd = sshd.replace("redoubt", "redoubt\nallowusers mallory");
      }),
      ["sshd -T AllowUsers: redoubt → redoubt mallory (up)"],
    );
  });

  it("are looked at for root too, whom a Match block may let in", () => {
    assert.deepEqual(
      compare((host) => (host.sshdRoot = sshd.replace("login no", "login yes"))),
      ["sshd -T PermitRootLogin for root: no → yes (hand)"],
    );
  });
});
