import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { accounts } from "../../../../components/hosts/hardening/accounts";
import {
  firewall,
  renderRuleset,
  type FirewallOptions,
} from "../../../../components/hosts/hardening/firewall";
import { filesystems } from "../../../../components/hosts/hardening/filesystems";
import { hardeningFragments } from "../../../../components/hosts/hardening/harden";
import { kernel } from "../../../../components/hosts/hardening/kernel";
import { sshd } from "../../../../components/hosts/hardening/sshd";
import { updates } from "../../../../components/hosts/hardening/updates";
import { mergeFragments } from "../../../../components/plan/merge";
import { portTable, type HostRole } from "../../../../components/plan/ports";
import { assertGolden } from "../../../support/golden";
import { UnitFile } from "../../../support/unit-file";

const options = (role: HostRole): FirewallOptions => ({
  role,
  podCidr: "10.244.32.0/24",
  serviceClusterIpRange: "10.96.0.0/16",
  sources: {
    operators: ["10.77.5.1"],
    apiClients: ["10.77.5.1"],
    controlPlanes: ["10.77.5.10"],
    nodes: ["10.77.5.10", "10.77.5.32"],
    pods: ["10.244.0.0/16"],
  },
});

describe("sshd", () => {
  const file = sshd({ adminUser: "redoubt" }).files?.[0];
  const value = (keyword: string): string | undefined =>
    new RegExp(`^${keyword} (.*)$`, "m").exec(file?.content ?? "")?.[1];

  it("lets one user in, by key only", () => {
    assert.equal(value("AllowUsers"), "redoubt");
    assert.equal(value("AuthenticationMethods"), "publickey");
    for (const keyword of [
      "PermitRootLogin",
      "PasswordAuthentication",
      "KbdInteractiveAuthentication",
      "PermitEmptyPasswords",
    ]) {
      assert.equal(value(keyword), "no", keyword);
    }
  });

  it("offers no SHA-1, CBC or finite-field algorithm", () => {
    const algorithms = ["KexAlgorithms", "Ciphers", "MACs", "HostKeyAlgorithms"].map(value).join();
    assert.doesNotMatch(algorithms, /sha1(?!\d)|cbc|group|ssh-rsa|umac-64/);
  });

  it("is tested before it replaces the old, and reverts without a second login", () => {
    assert.deepEqual(file?.validate?.slice(0, 2), ["/usr/sbin/sshd", "-t"]);
    assert.deepEqual(
      sshd({ adminUser: "redoubt" }).guarded?.map(({ path }) => path),
      [file.path, "/etc/ssh/sshd_config"],
    );
  });

  it("reads no other file, in which a Match block could outdo this one", () => {
    const main = sshd({ adminUser: "redoubt" }).files?.find(({ path }) => path === "/etc/ssh/sshd_config");
    assert.equal(main?.content, "Include /etc/ssh/sshd_config.d/00-redoubt.conf\n");
  });

  it("answers where the host always has, and the firewall lets that port in", () => {
    assert.equal(value("Port"), "22");
    assert.match(sshd({ adminUser: "redoubt", sshPort: 2222 }).files?.[0]?.content ?? "", /^Port 2222$/m);
    const rules = renderRuleset({ ...options("worker"), sshPort: 2222 });
    assert.match(rules, /@operators tcp dport 2222 accept/);
    assert.doesNotMatch(rules, /tcp dport 22 accept/);
  });
});

describe("the host firewall", () => {
  for (const role of ["control-plane", "worker"] as const) {
    it(`opens on a ${role} the ports of the table, to those it names, and no other`, () => {
      const rules = renderRuleset(options(role));
      const opened = [...rules.matchAll(/ip saddr @(\w+) (\w+) dport (\d+) accept/g)].map(
        ([, from, protocol, port]) => `${from} ${protocol} ${port}`,
      );
      const wanted = portTable
        .filter((rule) => rule.on.includes(role) && rule.feature === undefined)
        .flatMap((rule) => rule.from.map((from) => `${from} ${rule.protocol} ${rule.port}`));
      assert.deepEqual(opened, wanted);
    });

    it(`is on a ${role} the whole ruleset of its golden, so that no line of another form lets anybody in`, () => {
      assertGolden(`hardening/${role}`, { "/etc/redoubt/firewall.nft": renderRuleset(options(role)) });
    });
  }

  it("opens the identity provider's port when there is one, to people and API servers", () => {
    const opened = (rules: string): string[] =>
      [...rules.matchAll(/ip saddr @(\w+) tcp dport 5556 accept/g)].map(([, from]) => from ?? "");
    const withDex = renderRuleset({ ...options("control-plane"), features: ["identityProvider"] });
    assert.deepEqual(opened(withDex), ["apiClients", "controlPlanes"]);
    assert.deepEqual(opened(renderRuleset({ ...options("worker"), features: ["identityProvider"] })), []);
    assert.deepEqual(opened(renderRuleset(options("control-plane"))), []);
  });

  it("opens metrics-server's port to nobody: the API server beside it comes by loopback", () => {
    assert.equal(portTable.find(({ name }) => name === "metrics-server")?.port, 4443);
    const rules = renderRuleset(options("control-plane"));
    assert.doesNotMatch(rules, /4443/);
    assert.match(rules, /\tiif lo accept\n/);
  });

  it("denies input and forwarding unless a rule says otherwise", () => {
    const rules = renderRuleset(options("worker"));
    assert.match(rules, /hook input priority filter \+ 10; policy drop;/);
    assert.match(rules, /hook forward priority filter \+ 10; policy drop;/);
  });

  it("lets clients of a node port through to pods, by that port of a host and in their network only", () => {
    const nodePorts = [{ name: "shop", protocol: "tcp", nodePort: 30443, cidr: "203.0.113.0/24" }] as const;
    const added = renderRuleset({ ...options("worker"), nodePorts }).replace(
      renderRuleset(options("worker"))
        .split("\n\tchain postrouting")[0]
        ?.replace(/\t\}\n$/, "") ?? "",
      "",
    );
    assert.equal(
      added.split("\n")[0],
      '\t\tip saddr 203.0.113.0/24 ip daddr @pods meta l4proto tcp ct status dnat ct original ip daddr @nodes ct original proto-dst 30443 accept comment "shop"',
    );
  });

  it("replaces its own table and no other", () => {
    const rules = renderRuleset(options("worker"));
    assert.doesNotMatch(rules, /flush ruleset/);
    assert.deepEqual(
      [...rules.matchAll(/(?:delete )?table (\S+ \S+)/g)].map(([, table]) => table),
      Array(3).fill("inet redoubt"),
    );
    assert.equal(firewall(options("worker")).guarded?.length, 1);
  });

  it("is taken away again by a revert to where there was none: nothing would be left to reload", () => {
    const [guarded] = firewall(options("worker")).guarded ?? [];
    assert.match(
      guarded?.activate.join(" ") ?? "",
      /if \[ -e \S+firewall\.nft \].*else systemctl stop redoubt-firewall/,
    );
  });

  it("outlives Debian's own unit, which flushes everybody's rules when it stops", () => {
    const dropIn = firewall(options("worker")).files?.find(({ path }) => path.includes("nftables.service.d"));
    assert.equal(dropIn?.content, "[Service]\nExecStop=\n");
  });

  it("believes a pod's address only where the way back to it leads, before it lets any pod through", () => {
    for (const chain of ["input", "forward"]) {
      const [, body = ""] = renderRuleset(options("worker")).split(`chain ${chain} {`);
      const guard = body.indexOf("ip saddr @pods fib saddr . iif oif 0 drop");
      assert.ok(guard > 0 && guard < body.indexOf("ip saddr @pods", guard + 1), chain);
    }
  });
});

describe("kernel parameters", () => {
  const value = (key: string): string | undefined =>
    kernel().sysctls?.find((item) => item.key === key)?.value;

  it("leave routing to Kubernetes", () => {
    assert.equal(value("net.ipv4.ip_forward"), "1");
    assert.equal(value("net.ipv4.conf.all.rp_filter"), "2");
  });

  it("are what the kubelet insists on", () => {
    assert.deepEqual(["kernel.panic", "kernel.panic_on_oops", "vm.overcommit_memory"].map(value), [
      "10",
      "1",
      "1",
    ]);
  });

  it("let a host full of pods watch its files, and lower no limit that the kernel sets by itself", () => {
    assert.equal(value("fs.inotify.max_user_instances"), "8192");
    assert.equal(value("fs.inotify.max_user_watches"), "1048576");
  });

  it("say which belong to the whole kernel, so that a container reports them", () => {
    for (const { key, namespaced } of kernel().sysctls ?? []) {
      assert.equal(namespaced, key.startsWith("net.ipv"), key);
    }
  });
});

describe("accounts", () => {
  it("give sudo to the administrator alone, checked before it replaces the old", () => {
    const file = accounts({ adminUser: "redoubt" }).files?.find(({ path }) =>
      path.startsWith("/etc/sudoers.d/"),
    );
    assert.match(file?.content ?? "", /^redoubt ALL=\(ALL\) NOPASSWD:ALL$/m);
    assert.equal(file?.validate?.[0], "/usr/sbin/visudo");
    assert.equal(file.mode, "0440");
  });
});

describe("updates", () => {
  const content = (automaticReboot: boolean): string =>
    updates({ automaticReboot }).files?.[0]?.content ?? "";

  it("install Debian's security updates by themselves", () => {
    assert.match(content(false), /^APT::Periodic::Unattended-Upgrade "1";$/m);
    assert.match(content(false), /Origins-Pattern \{ "[^"]*-security,label=Debian-Security"; \};/);
    assert.deepEqual(
      updates({ automaticReboot: false }).units?.map(({ name }) => name),
      ["apt-daily.timer", "apt-daily-upgrade.timer"],
    );
  });

  it("reboot only where the settings say so", () => {
    assert.match(content(false), /^Unattended-Upgrade::Automatic-Reboot "false";$/m);
    assert.match(content(true), /^Unattended-Upgrade::Automatic-Reboot "true";$/m);
  });

  it("leave the container runtime to the operator, who times its restart", () => {
    assert.match(content(true), /Package-Blacklist \{ "\^containerd\$"; "\^runc\$"; \};/);
  });
});

describe("all subjects together", () => {
  const folder = path.join(__dirname, "../../../../components/hosts/hardening");
  const all = {
    ...options("control-plane"),
    adminUser: "redoubt",
    automaticReboot: false,
    timeServers: [],
  };

  it("are the files of their folder, so that none is written and forgotten", () => {
    const subjects = readdirSync(folder).map((file) => path.basename(file, ".ts"));
    const known = hardeningFragments(all);
    assert.deepEqual(subjects.filter((subject) => subject !== "harden").sort(), Object.keys(known).sort());
  });

  it("want nothing twice in different ways", () => {
    const plan = mergeFragments(hardeningFragments(all));
    assert.ok(plan.files.length > 8);
    assert.equal(plan.guarded.length, 3);
  });

  it("have what locks the operator out undone at a boot before any unit reads it", () => {
    const plan = mergeFragments(hardeningFragments(all));
    const boot = plan.units.find(({ name }) => name === "redoubt-revert-at-boot.service")?.content ?? "";
    const before = new UnitFile(boot).all("Unit", "Before").flatMap((names) => names.split(" "));
    for (const { path: file, activate } of plan.guarded) {
      // Who makes a guarded file effective while the host runs reads it at a boot.
      const units = activate.join(" ").match(/[\w@.-]+\.service/g) ?? [];
      assert.ok(units.length > 0, `no unit reads ${file}`);
      assert.deepEqual(
        units.filter((unit) => !before.includes(unit)),
        [],
        file,
      );
    }
  });
});

describe("/tmp", () => {
  const [step] = filesystems().steps ?? [];
  assert.ok(step);
  const [bash = "", , script = ""] = step.command;

  /** Runs the step with systemd's files in a folder of the test's; gives what systemctl was told, and the unit of /etc. */
  function mount(shipped: readonly string[], own?: "mask"): { calls: string; unit: string | undefined } {
    const folder = mkdtempSync(path.join(tmpdir(), "redoubt-tmp-mount-"));
    try {
      const [inPlace, example, unit] = ["in-place", "example", "unit"].map((file) => path.join(folder, file));
      assert.ok(inPlace !== undefined && example !== undefined && unit !== undefined);
      for (const file of shipped) writeFileSync(path.join(folder, file), `[Mount] of ${file}\n`);
      if (own === "mask") symlinkSync("/dev/null", unit);
      const log = path.join(folder, "calls");
      writeFileSync(path.join(folder, "systemctl"), `#!/bin/sh\necho "$@" >>${log}\n`, { mode: 0o755 });
      const env = { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
      const { status } = spawnSync(bash, ["-c", script, "mount-tmp", inPlace, example, unit], { env });
      assert.equal(status, 0);
      const isFile = existsSync(unit) && !lstatSync(unit).isSymbolicLink();
      return {
        calls: readFileSync(log, "utf8"),
        unit: isFile ? readFileSync(unit, "utf8") : undefined,
      };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it("is mounted by the example of Debian 12, also where somebody masked it", () => {
    for (const own of [undefined, "mask"] as const) {
      const { calls, unit } = mount(["example"], own);
      assert.equal(unit, "[Mount] of example\n");
      assert.equal(calls, "daemon-reload\nenable --now tmp.mount\n");
    }
  });

  it("is mounted by the unit of Debian 13, whose mask is taken away and which is not overridden", () => {
    const { calls, unit } = mount(["in-place"], "mask");
    assert.equal(unit, undefined);
    assert.equal(calls, "unmask tmp.mount\ndaemon-reload\nenable --now tmp.mount\n");
  });
});
