import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterOutputs, Outcome, TestCluster } from "../../support/cluster";

interface Report {
  readonly result: string;
  readonly places: readonly {
    readonly name: string;
    readonly seen: boolean;
    readonly reason?: string;
    readonly findings?: readonly {
      readonly subject: string;
      readonly found: string;
      readonly diff: readonly string[];
      readonly repair: { readonly by: string };
    }[];
  }[];
}

/** A change that somebody makes by hand on a host, and what the report calls it. */
interface HostChange {
  readonly what: string;
  readonly command: string;
  readonly finds: readonly string[];
  /** Files that the repair writes anew, and units that it starts or restarts, of those that are watched. */
  readonly touches: readonly string[];
}

/** Changes by the host that they are made on. */
const hostChanges: Readonly<Record<string, readonly HostChange[]>> = {
  "control-plane-0": [
    {
      what: "a private key that others may read",
      command: "chmod 0644 /etc/kubernetes/kube-apiserver/sa.key",
      finds: ["file /etc/kubernetes/kube-apiserver/sa.key"],
      touches: ["/etc/kubernetes/kube-apiserver/sa.key"],
    },
    {
      what: "a certificate of another owner",
      command: "chown root:root /etc/etcd/pki/ca.crt",
      finds: ["file /etc/etcd/pki/ca.crt"],
      touches: ["/etc/etcd/pki/ca.crt"],
    },
    {
      what: "a service account that got a shell",
      command: "usermod --shell /bin/bash etcd",
      finds: ["user etcd", "login shells of system accounts taken away"],
      touches: ["/etc/passwd", "/etc/passwd-", "/etc/shadow", "/etc/shadow-"],
    },
  ],
  "worker-0": [
    {
      what: "sshd that takes passwords",
      command:
        "sed -i 's/^PasswordAuthentication no/PasswordAuthentication yes/' /etc/ssh/sshd_config.d/00-redoubt.conf && systemctl reload ssh",
      finds: ["file /etc/ssh/sshd_config.d/00-redoubt.conf", "sshd -T PasswordAuthentication"],
      touches: ["/etc/ssh/sshd_config.d/00-redoubt.conf"],
    },
    {
      what: "a rule of the firewall",
      command: "nft add rule inet redoubt input tcp dport 8080 accept",
      finds: ["firewall rules loaded as they are written"],
      touches: [],
    },
    {
      what: "a kernel parameter",
      command: "sysctl --quiet --write net.ipv4.conf.all.accept_redirects=1",
      finds: ["sysctl net.ipv4.conf.all.accept_redirects"],
      touches: [],
    },
    {
      what: "a key that may log in",
      command:
        "echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJVb1vYp0dWqTc2zQ0Xk7m3Qe5nL8sRgUuXyZ4aBcDeF mallory' >>/etc/ssh/authorized_keys.d/redoubt",
      finds: ["file /etc/ssh/authorized_keys.d/redoubt"],
      touches: ["/etc/ssh/authorized_keys.d/redoubt"],
    },
    {
      what: "a folder of keys that others may enter",
      command: "chmod 0755 /var/lib/kubelet/pki",
      finds: ["directory /var/lib/kubelet/pki"],
      touches: [],
    },
    {
      what: "an image that no registry has, and that nobody brings back",
      command:
        "systemctl stop redoubt-keep-images.timer redoubt-keep-images.service && ctr --namespace k8s.io images rm $(sed -n 's/^ *sandbox_image = \"\\(.*\\)\"/\\1/p' /etc/containerd/config.toml.in)",
      finds: ["unit redoubt-keep-images.timer", "container images loaded from their archives"],
      touches: [],
    },
    {
      what: "a password of root",
      command: "echo root:hunter2 | chpasswd",
      finds: ["password of root locked"],
      touches: ["/etc/shadow", "/etc/shadow-"],
    },
  ],
  "worker-1": [
    {
      what: "a unit that was stopped",
      command: "systemctl stop kube-proxy",
      finds: ["unit kube-proxy.service"],
      touches: ["kube-proxy.service"],
    },
    {
      what: "a unit that was disabled",
      command: "systemctl disable --quiet kube-router",
      finds: ["unit kube-router.service"],
      touches: ["/etc/systemd/system/multi-user.target.wants/kube-router.service"],
    },
    {
      what: "an edited unit file",
      command: "sed -i 's/^UMask=0077/UMask=0022/' /etc/systemd/system/kubelet.service",
      finds: ["file /etc/systemd/system/kubelet.service"],
      touches: ["/etc/systemd/system/kubelet.service", "kubelet.service"],
    },
    {
      what: "a program that was replaced",
      command: "rm /usr/local/bin/kubectl && cp /bin/true /usr/local/bin/kubectl",
      finds: ["artifact /usr/local/bin/kubectl"],
      touches: ["/usr/local/bin/kubectl"],
    },
    {
      what: "a file that was deleted",
      command: "rm /etc/security/limits.d/90-redoubt.conf",
      finds: ["file /etc/security/limits.d/90-redoubt.conf"],
      touches: ["/etc/security/limits.d/90-redoubt.conf"],
    },
    {
      what: "a host key that must not be there",
      command: "ssh-keygen -q -t ecdsa -N '' -f /etc/ssh/ssh_host_ecdsa_key",
      finds: ["absent /etc/ssh/ssh_host_ecdsa_key", "absent /etc/ssh/ssh_host_ecdsa_key.pub"],
      touches: ["/etc/ssh/ssh_host_ecdsa_key", "/etc/ssh/ssh_host_ecdsa_key.pub"],
    },
  ],
};

/** Changes of objects, by kubectl of the administrator. */
const objectChanges: readonly {
  readonly what: string;
  readonly args: readonly string[];
  readonly finds: string;
}[] = [
  {
    what: "a deleted default deny",
    args: ["--namespace=other", "delete", "networkpolicy", "default-deny"],
    finds: "NetworkPolicy other/default-deny",
  },
  {
    what: "a policy that lets everything in",
    args: [
      ...["--namespace=app", "patch", "networkpolicy", "default-deny", "--type=merge"],
      '--patch={"spec":{"ingress":[{}]}}',
    ],
    finds: "NetworkPolicy app/default-deny",
  },
  {
    what: "a role with one more rule",
    args: [
      ...["patch", "clusterrole", "redoubt:viewer", "--type=json"],
      '--patch=[{"op":"add","path":"/rules/-","value":{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}}]',
    ],
    finds: "ClusterRole redoubt:viewer",
  },
  {
    what: "a namespace whose pod security was lifted",
    args: ["label", "namespace", "other", "pod-security.kubernetes.io/enforce=privileged"],
    finds: "Namespace other",
  },
];

/** A binding that a control plane makes itself; it is found on the host whose plan holds it. */
const bootstrapStep = "first role bindings of the cluster as they are written";

/** What nobody declared: found, and left to a human, who undoes it here. */
const unknownThings = {
  host: {
    make: "useradd --create-home --shell /bin/bash mallory && systemd-run --quiet --unit=listener systemd-socket-activate --listen=8080 /bin/cat && mkdir -p /etc/systemd/system/kubelet.service.d && printf '[Service]\\nNice=5\\n' >/etc/systemd/system/kubelet.service.d/override.conf && systemctl daemon-reload",
    undo: "userdel --remove mallory; systemctl stop listener; rm -r /etc/systemd/system/kubelet.service.d; systemctl daemon-reload",
    finds: ["user mallory", "port tcp/8080", "drop-in /etc/systemd/system/kubelet.service.d/override.conf"],
  },
  binding: ["clusterrolebinding", "mallory"],
  finds: ["ClusterRoleBinding mallory", "NetworkPolicy app/let-me-in"],
};

const letMeIn = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: let-me-in, namespace: app }
spec: { podSelector: {}, ingress: [{}] }
`;

/**
 * Inode, time, mode and owner of files, start times of units, and what the kernel holds of the firewall and for every network interface:
 * one line each, its first word what it is about.
 */
const fingerprintCommand =
  "sudo find /etc /usr/local /opt/cni /var/lib/kubelet/config.yaml /var/lib/kubelet/pki -xdev -not -type d -printf '%p %i %T@ %m %u:%g\\n' | sort; " +
  "echo firewall $(sudo nft --stateless list table inet redoubt | sha256sum); " +
  "echo sysctl $(sudo sysctl --all --pattern '^net\\.ipv4\\.conf\\.(all|default)\\.' | sha256sum); " +
  "for unit in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kube-router containerd ssh redoubt-firewall systemd-journald; do " +
  'echo "$unit.service $(systemctl show --property=ActiveEnterTimestampMonotonic,NRestarts --value $unit | tr "\\n" " ")"; done';

/** Paths and units whose lines are not the same, those that came or went included. */
function differingLines(before: string, after: string): string[] {
  const lines = (text: string): Map<string, string> =>
    new Map(
      text
        .trim()
        .split("\n")
        .map((line) => [line.split(" ")[0] ?? "", line]),
    );
  const [old, current] = [lines(before), lines(after)];
  return [...new Set([...old.keys(), ...current.keys()])]
    .filter((key) => old.get(key) !== current.get(key))
    .sort();
}

export function driftStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  const hosts = Object.keys(hostChanges);
  const asRoot = (host: string, command: string): Outcome =>
    cluster.ssh(outputs(), host, "sudo bash -s", `set -e\n${command}\n`);
  const kubectl = (args: readonly string[], input = ""): Outcome =>
    cluster.kubectl(outputs().kubeconfig, args, input);
  const drift = async (): Promise<{ code: number; report: Report; stdout: string }> => {
    const { code, stdout, stderr } = await cluster.npmRun("drift", ["--json"]);
    assert.match(stdout, /^\{/, stderr);
    return { code, stdout, report: JSON.parse(stdout) as Report };
  };
  const subjectsAt = (report: Report, name: string): string[] =>
    (report.places.find((place) => place.name === name)?.findings ?? []).map(({ subject }) => subject);
  const allSubjects = (report: Report): string[] =>
    report.places.flatMap(({ name, findings = [] }) =>
      findings.map(({ subject, found }) => `${name} ${subject}: ${found}`),
    );
  const fingerprint = (host: string): string => {
    const { code, stdout, stderr } = cluster.ssh(outputs(), host, fingerprintCommand);
    assert.equal(code, 0, `${host}: ${stderr}`);
    assert.ok(stdout.length > 1000, `${host}: ${stdout}`);
    return stdout;
  };
  const fingerprints = (): Map<string, string> => new Map(hosts.map((host) => [host, fingerprint(host)]));
  const assertNone = ({ code, report }: { code: number; report: Report }): void => {
    assert.deepEqual(allSubjects(report), []);
    // A place that was not seen has no findings either.
    assert.ok(report.places.every(({ seen }) => seen));
    assert.deepEqual(report.places.map(({ name }) => name).sort(), ["cluster", ...hosts].sort());
    assert.equal(code, 0);
  };
  /** Objects that the program made, with their versions. */
  const versions = (): string =>
    kubectl([
      ...[
        "get",
        "networkpolicies,clusterroles,clusterrolebindings,rolebindings,namespaces,services,configmaps,serviceaccounts",
      ],
      "--all-namespaces",
      "--output=jsonpath={range .items[*]}{.kind}/{.metadata.namespace}/{.metadata.name} {.metadata.resourceVersion}{'\\n'}{end}",
    ]).stdout;

  describe("Drift", () => {
    let before = new Map<string, string>();
    let objectsBefore = "";

    it("is none on a cluster as up left it", async () => {
      assertNone(await drift());
    });

    describe("of changes by hand", () => {
      let report: Report;

      it("is looked for without changing anything", async () => {
        before = fingerprints();
        objectsBefore = versions();
        for (const host of hosts) {
          for (const { what, command } of hostChanges[host] ?? []) {
            const made = asRoot(host, command);
            assert.equal(made.code, 0, `${what}: ${made.stderr}`);
          }
        }
        for (const { what, args } of objectChanges) {
          const made = kubectl(args);
          assert.equal(made.code, 0, `${what}: ${made.stderr}`);
        }
        assert.equal(kubectl(["delete", "clusterrolebinding", "redoubt:kubelet-api"]).code, 0);
        const changed = fingerprints();
        const seen = await drift();
        assert.deepEqual(fingerprints(), changed);
        report = seen.report;
        assert.equal(seen.code, 2);
        assert.equal(report.result, "drift");
        assert.doesNotMatch(seen.stdout, /PRIVATE KEY/);
      });

      for (const host of hosts) {
        for (const { what, finds } of hostChanges[host] ?? []) {
          it(`finds ${what} on ${host}`, () => {
            const subjects = subjectsAt(report, host);
            for (const subject of finds)
              assert.ok(subjects.includes(subject), `${subject} is not among ${subjects.join(", ")}`);
          });
        }
      }

      for (const { what, finds } of objectChanges) {
        it(`finds ${what}`, () => {
          assert.ok(subjectsAt(report, "cluster").includes(finds), subjectsAt(report, "cluster").join(", "));
        });
      }

      it("finds a binding that the control plane made itself", () => {
        assert.ok(subjectsAt(report, "control-plane-0").includes(bootstrapStep));
      });

      it("finds nothing else", () => {
        for (const host of hosts) {
          const own = host === "control-plane-0" ? [bootstrapStep] : [];
          const expected = [...(hostChanges[host] ?? []).flatMap(({ finds }) => finds), ...own];
          assert.deepEqual([...subjectsAt(report, host)].sort(), expected.sort());
        }
        assert.deepEqual(
          [...subjectsAt(report, "cluster")].sort(),
          objectChanges.map(({ finds }) => finds).sort(),
        );
      });

      it("shows the line that differs", () => {
        const findings = report.places.flatMap((place) => place.findings ?? []);
        const diffOf = (subject: string): string =>
          findings.find((finding) => finding.subject === subject)?.diff.join("\n") ?? "";
        assert.match(
          diffOf("file /etc/ssh/sshd_config.d/00-redoubt.conf"),
          /^-PasswordAuthentication no\n\+PasswordAuthentication yes$/m,
        );
        assert.match(diffOf("file /etc/systemd/system/kubelet.service"), /^-UMask=0077\n\+UMask=0022$/m);
        assert.match(diffOf("file /etc/ssh/authorized_keys.d/redoubt"), /^\+ssh-ed25519 \S+ mallory$/m);
        assert.match(diffOf("NetworkPolicy app/default-deny"), /^\+spec\.ingress: \[\{\}\]$/m);
      });

      it("is all put right by up --repair", async () => {
        const repaired = await cluster.npmRun("up", ["--repair"]);
        assert.equal(repaired.code, 0, repaired.stdout + repaired.stderr);
        assertNone(await drift());
      });

      it("is put right without touching anything else", () => {
        const after = fingerprints();
        for (const host of hosts) {
          const allowed = (hostChanges[host] ?? []).flatMap(({ touches }) => touches);
          const touched = differingLines(before.get(host) ?? "", after.get(host) ?? "");
          assert.deepEqual(
            touched.filter((line) => !allowed.includes(line)),
            [],
            host,
          );
        }
        const touched = differingLines(objectsBefore, versions());
        const allowed = [
          "NetworkPolicy/other/default-deny",
          "NetworkPolicy/app/default-deny",
          "ClusterRole//redoubt:viewer",
          "Namespace//other",
          "ClusterRoleBinding//redoubt:kubelet-api",
        ];
        assert.deepEqual(touched, allowed.sort());
      });

      it("leaves nothing for the next up", async () => {
        const { code, stdout, stderr } = await cluster.npmRun("up", ["--expect-no-changes"]);
        assert.equal(code, 0, stdout + stderr);
      });
    });

    describe("that nobody declared", () => {
      it("is found, left alone by up --repair, and gone when a human undid it", async () => {
        const { host } = unknownThings;
        const made = asRoot("worker-1", host.make);
        assert.equal(made.code, 0, made.stderr);
        kubectl(["create", ...unknownThings.binding, "--clusterrole=cluster-admin", "--user=mallory"]);
        kubectl(["create", "--filename=-"], letMeIn);

        const { code, report } = await drift();
        assert.equal(code, 2);
        assert.deepEqual([...subjectsAt(report, "worker-1")].sort(), [...host.finds].sort());
        assert.deepEqual([...subjectsAt(report, "cluster")].sort(), [...unknownThings.finds].sort());
        const repairs = report.places.flatMap(({ findings = [] }) => findings.map(({ repair }) => repair.by));
        assert.deepEqual([...new Set(repairs)], ["hand"]);

        assert.equal(asRoot("worker-1", host.undo).code, 0);
        kubectl(["delete", ...unknownThings.binding]);
        kubectl(["--namespace=app", "delete", "networkpolicy", "let-me-in"]);
        assertNone(await drift());
      });
    });

    describe("of a host that is switched off", () => {
      it("can't be seen, which is no drift and no health; the others are reported all the same", async () => {
        assert.equal(asRoot("worker-0", "chmod 0700 /etc/redoubt").code, 0);
        assert.equal(cluster.machine("stop", "worker-1").code, 0);
        const { code, report } = await drift();
        assert.equal(code, 1);
        assert.equal(report.result, "incomplete");
        const off = report.places.find(({ name }) => name === "worker-1");
        assert.equal(off?.seen, false);
        assert.ok((off.reason ?? "").length > 5);
        assert.deepEqual(subjectsAt(report, "worker-0"), ["directory /etc/redoubt"]);
        assert.ok(report.places.every(({ name, seen }) => seen || name === "worker-1"));

        assert.equal(asRoot("worker-0", "chmod 0755 /etc/redoubt").code, 0);
        assert.equal(cluster.machine("start", "worker-1").code, 0);
      });

      it("is none when it is back", async () => {
        const end = Date.now() + 90_000;
        let last = await drift();
        while (last.code !== 0 && Date.now() < end) {
          await sleep(1000);
          last = await drift();
        }
        assertNone(last);
      });
    });
  });
}
