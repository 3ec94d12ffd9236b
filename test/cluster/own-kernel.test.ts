import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { hardeningOptions } from "../../components/config/hardening-options";
import { clusterLayout } from "../../components/config/layout";
import { parseSettings } from "../../components/config/settings";
import { hardeningFragments } from "../../components/hosts/hardening/harden";
import { audit } from "../../components/hosts/hardening/audit";
import { kernel } from "../../components/hosts/hardening/kernel";
import { hostName } from "../../components/hosts/host-name";
import { serviceAccounts } from "../../components/hosts/service-accounts";
import { containerd } from "../../components/node/containerd";
import { mergeFragments } from "../../components/plan/merge";
import type { HostPlan } from "../../components/plan/plan";
import { debianSuite, debianSuites } from "../../toolchain/host-packages";
import { ForeignNetwork } from "../support/foreign-network";
import { SoftHost } from "../support/soft-host";
import { TimeServer } from "../support/time-server";
import { VirtualMachine } from "../support/virtual-machine";

/** Seconds for a boot: half a minute of an emulated processor, on a box that does other things too. */
const bootSeconds = 600;

/**
 * One virtual machine with Debian's own kernel, adopted and hardened by the scripts that the program renders: everything that a container
 * can't do is done here, and looked at. It joins no cluster: under an emulated processor a node's programs take minutes to start.
 * `REDOUBT_TEST_DEBIAN=trixie` does the same with Debian 13.
 */
const suite = debianSuites.find((known) => known === process.env["REDOUBT_TEST_DEBIAN"]) ?? debianSuite;

describe(`A host with a kernel of its own, Debian ${suite}`, () => {
  const network = new ForeignNetwork(`kernel-${process.pid}`);
  const machine = new VirtualMachine(network, "worker-vm", suite);
  const clock = new TimeServer();
  let host: SoftHost;
  let plan: HostPlan;
  const run = (command: string): string => {
    const { stdout, stderr, code } = host.run(`sudo bash -c '${command}'`);
    assert.equal(code, 0, `${command}: ${stderr}`);
    return stdout.trim();
  };

  before(async () => {
    network.create();
    await clock.start(network.gateway);
    const booted = await machine.start(40);
    await machine.answers(booted, bootSeconds);
    host = new SoftHost(booted, network);
    const inventory = { hosts: [{ ...booted, role: "control-plane" }] };
    const settings = parseSettings(
      {
        hosts: { provider: "inventory", operatorCidrs: [`${network.gateway}/32`], inventory },
        hardening: { timeServers: [network.gateway] },
      },
      "test",
    );
    const layout = clusterLayout(settings);
    const [spec] = layout.hosts;
    assert.ok(spec);
    plan = mergeFragments({
      ...hardeningFragments(hardeningOptions(settings, layout, spec)),
      "host-name": hostName(spec),
      "service-accounts": serviceAccounts(spec.role),
    });
  });
  after(() => {
    clock.stop();
    machine.remove();
    network.remove();
  });

  it("lets root in by password before", () => {
    assert.equal(host.byPassword("root", "id -un").stdout.trim(), "root");
    assert.match(host.byPassword("root", "uname -r").stdout, /^\d+\.\d+\.\d+.*-cloud-amd64$/m);
  });

  it("is adopted and hardened, and nothing does not apply", () => {
    host.adopt("root");
    const report = host.apply(plan, "harden");
    assert.deepEqual(report.notApplicable, []);
    assert.ok(report.changed.includes("unit redoubt-audit-rules.service started"));
  });

  it("is as it should be when it is hardened again", () => {
    assert.deepEqual(host.apply(plan, "harden").changed, []);
  });

  it("refuses the password that it took before", () => {
    const { code, stderr } = host.byPassword("root", "true");
    assert.notEqual(code, 0);
    assert.match(stderr, /Permission denied \(publickey\)/);
  });

  it("bears its name of the inventory", () => {
    assert.equal(run("uname -n"), "worker-vm");
  });

  it("has every kernel parameter of the plan, those of the whole kernel too", () => {
    const wanted = kernel().sysctls ?? [];
    const values = run(`sysctl --values ${wanted.map(({ key }) => key).join(" ")}`).split("\n");
    assert.deepEqual(
      wanted.map(({ key }, index) => `${key}=${values[index] ?? ""}`),
      wanted.map(({ key, value }) => `${key}=${value}`),
    );
  });

  it("refuses to load a module that is blocked, which its kernel has, and loads another", () => {
    assert.equal(run("modinfo --field name tipc"), "tipc");
    assert.equal(run("modprobe tipc 2>/dev/null; echo $?"), "1");
    assert.equal(run("ls -d /sys/module/tipc 2>/dev/null | wc -l"), "0");
    assert.equal(run("modprobe dummy && ls -d /sys/module/dummy"), "/sys/module/dummy");
  });

  it("runs auditd with all rules loaded", () => {
    assert.equal(run("systemctl is-active auditd"), "active");
    // The kernel tells a rule in other words, but under the key that it was given (audit.rules(7), -k).
    const keys = (rules: string): string[] =>
      rules
        .trim()
        .split("\n")
        .map((rule) => / (?:-k |-F key=)(\S+)$/.exec(rule)?.[1] ?? rule)
        .sort();
    const wanted = keys(audit().files?.[0]?.content ?? "");
    assert.ok(wanted.length > 10);
    const loaded = run("auditctl -l");
    assert.deepEqual(keys(loaded), wanted, loaded);
  });

  it("writes down who changed accounts, under the key by which an auditor searches, and nothing of who only read them", async () => {
    const found = (): string =>
      run("ausearch --input-logs --key identity --loginuid redoubt --interpret 2>/dev/null || true");
    run("cat /etc/passwd >/dev/null");
    // auditd writes to its disk when some fifty records have come (flush and freq in auditd.conf(5)).
    run("for try in {1..60}; do chmod 644 /etc/passwd; done");
    const end = Date.now() + 30_000;
    while (!found().includes("comm=chmod ") && Date.now() < end) await sleep(1000);
    const records = found();
    assert.match(records, /auid=redoubt uid=root .*comm=chmod .*key=identity/);
    assert.doesNotMatch(records, /comm=cat /);
  });

  it("turns auditing on again when somebody turned it off, and only then", () => {
    run("auditctl -e 0");
    assert.deepEqual(host.apply(plan, "harden").changed, ["auditing by the kernel turned on"]);
    assert.match(run("auditctl -s"), /^enabled 1$/m);
    assert.deepEqual(host.apply(plan, "harden").changed, []);
  });

  it("mounts shared memory and /tmp with the options of the plan", () => {
    const options = (mount: string): string[] =>
      run(`findmnt --noheadings --output OPTIONS ${mount}`).split(",");
    for (const option of ["nosuid", "nodev", "noexec"])
      assert.ok(options("/dev/shm").includes(option), option);
    for (const option of ["nosuid", "nodev"]) assert.ok(options("/tmp").includes(option), option);
    run("cp /bin/true /dev/shm/program");
    assert.equal(run("/dev/shm/program 2>/dev/null; echo $?"), "126");
  });

  it("enforces AppArmor profiles", () => {
    assert.equal(run("cat /sys/module/apparmor/parameters/enabled"), "Y");
    assert.equal(run("systemctl is-active apparmor"), "active");
    assert.match(run("cat /sys/kernel/security/apparmor/profiles"), /\(enforce\)/);
  });

  it("takes the time from the server of the configuration", async () => {
    assert.equal(run("systemctl is-active systemd-timesyncd"), "active");
    assert.equal(run("timedatectl show-timesync --property=SystemNTPServers --value"), network.gateway);
    // The first answer may be too slow to be believed; the next is asked for half a minute later (timesyncd.conf(5)).
    const end = Date.now() + 120_000;
    const synchronized = (): boolean => run("timedatectl show --property=NTPSynchronized --value") === "yes";
    while (!synchronized() && Date.now() < end) await sleep(1000);
    assert.ok(synchronized(), run("timedatectl timesync-status"));
  });

  it("gives pods cgroup v2, by the systemd driver", () => {
    // No image is there to be loaded.
    const { units = [], ...runtime } = containerd({ sandboxImage: "redoubt.local/pause:1", images: [] });
    const running = units.filter(({ name }) => name !== "redoubt-import-images.service");
    host.apply(mergeFragments({ containerd: { ...runtime, units: running } }), "node");
    assert.equal(run("stat --file-system --format %T /sys/fs/cgroup"), "cgroup2fs");
    assert.equal(run("cat /run/redoubt/cgroup.env"), "KUBELET_CGROUP_ARGS=--cgroup-driver=systemd");
    assert.match(run("cat /run/redoubt/containerd.toml"), /SystemdCgroup = true/);
    assert.equal(run("systemctl is-active containerd"), "active");
  });
});
