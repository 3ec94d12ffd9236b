import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import type { AllowRule } from "../../../components/network/allow-rules";
import { planFlows } from "../../../components/network/flows";
import { renderProbeScript } from "../../../components/network/probe-script";
import { assertShellcheckClean } from "../../support/shellcheck";

const webToDatabase: AllowRule = {
  name: "web-to-db",
  from: { namespace: "app", podLabels: { app: "web" } },
  to: { namespace: "app", podLabels: { app: "db" } },
  ports: [{ protocol: "TCP", port: 80 }],
};

const render = (rules: readonly AllowRule[], namespaces: readonly string[]): string =>
  renderProbeScript({
    plan: planFlows(rules, namespaces),
    image: "redoubt.local/probe:1.0.0",
    nodes: ["worker-0", "worker-1"],
    dns: { namespace: "kube-system", deployment: "coredns", image: "redoubt.local/coredns:1" },
    dnsName: "kubernetes.default.svc.cluster.local",
    dnsAddress: "10.96.0.10",
    timeoutSeconds: 5,
  });

interface ProbePodManifest {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly nodeName: string;
    readonly automountServiceAccountToken: boolean;
    readonly securityContext: {
      readonly runAsNonRoot: boolean;
      readonly seccompProfile: { readonly type: string };
      readonly sysctls?: readonly { readonly name: string; readonly value: string }[];
    };
    readonly containers: readonly {
      readonly command: readonly string[];
      readonly securityContext: Readonly<Record<string, unknown>>;
      readonly startupProbe?: { readonly tcpSocket: { readonly port: number } };
    }[];
  };
}

interface ProbeRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly pods: readonly ProbePodManifest[];
  /** What was run inside each client, by its id. */
  readonly clientScripts: ReadonlyMap<string, string>;
}

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/**
 * Runs the probe with a cluster that only pretends: pods get addresses at once, and inside them `nc` and `nslookup` succeed
 * where the shell pattern `reachable` matches the client and their arguments.
 */
function runProbe(script: string, reachable: string): ProbeRun {
  const folder = mkdtempSync(path.join(tmpdir(), "probe-"));
  folders.push(folder);
  const fake = `kube() {
  case $1 in
    create) cat >/dev/null; echo uid ;;
    apply) cat >"$OUT/pods" ;;
    get) sed -n 's/.*"kind":"Pod","metadata":{"name":"\\([^"]*\\)".*/\\1/p' "$OUT/pods" | nl -ba | while read -r number pod; do
        echo "$pod true 10.244.0.$number"; done ;;
    exec) local script pod; script=$(cat); for pod; do [ "$pod" != -- ] || break; client=$pod; done
        printf '%s\\n' "$script" >"$OUT/\${client#"$run_id-"}.client"
        { echo "CLIENT=\${client#"$run_id-"}"; echo 'nc() { case "$CLIENT $*" in ${reachable}) return 0 ;; *) return 1 ;; esac; }; nslookup() { nc "$@"; }'; printf '%s\\n' "\${script/SECONDS_LEFT=5/SECONDS_LEFT=0}"; } | bash -s ;;
  esac
}`;
  const run = spawnSync("bash", ["-s"], {
    // The function is given as text, so that no "$" of it means something to replace().
    input: script.replace(/^kube\(\) .*$/m, () => fake),
    encoding: "utf8",
    env: { ...process.env, OUT: folder },
  });
  const clients = readdirSync(folder).filter((name) => name.endsWith(".client"));
  return {
    status: run.status,
    stdout: run.stdout,
    stderr: run.stderr,
    pods: readFileSync(path.join(folder, "pods"), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as ProbePodManifest),
    clientScripts: new Map(
      clients.map((name) => [
        name.slice(0, -".client".length),
        readFileSync(path.join(folder, name), "utf8"),
      ]),
    ),
  };
}

describe("the probe's script", () => {
  it("is clean", () => {
    assertShellcheckClean(render([webToDatabase], ["default", "app"]));
  });

  it("is clean, and means the same, whatever stands in names and labels", () => {
    const nasty = `'; touch /tmp/x; $(id) \`id\` "\\ & %s @RUN@ \n END`;
    const rule = { ...webToDatabase, name: nasty, to: { namespace: nasty, podLabels: { [nasty]: nasty } } };
    const script = render([rule], [nasty]);
    assertShellcheckClean(script);
    // Nothing of it is run: the functions are replaced by one that prints its arguments.
    const calls = script.slice(script.lastIndexOf("\nowner "));
    const print = 'print() { printf "%s\\0" "$@"; }\n';
    const names = [
      "owner",
      "pod",
      "check",
      "dns",
      "create_pods",
      "rollout",
      "wait_for_pods",
      "run_checks",
      "verdict",
    ];
    const functions = names.map((name) => `${name}() { print "$@"; }\n`).join("");
    const run = spawnSync("bash", ["-s"], { input: print + functions + calls, encoding: "utf8" });
    assert.equal(run.stderr, "");
    const words = run.stdout.split("\0");
    assert.ok(words.includes(nasty));
    assert.ok(words.some((word) => word.includes(`rule "${nasty}"`)));
  });
});

describe("the probe", () => {
  // Servers take the first addresses: closed-app 10.244.0.1, to-web-to-db 10.244.0.2.
  const asDeclared = `"from-web-to-db -w 2 10.244.0.2 80"|*kubernetes.default*`;

  it("makes pods that the Pod Security Standard restricted admits, without a token", () => {
    const { pods } = runProbe(render([webToDatabase], ["app"]), "*");
    assert.equal(pods.length, 4);
    for (const { spec } of pods) {
      assert.equal(spec.automountServiceAccountToken, false);
      assert.equal(spec.securityContext.runAsNonRoot, true);
      assert.equal(spec.securityContext.seccompProfile.type, "RuntimeDefault");
      assert.deepEqual(spec.containers[0]?.securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    }
  });

  it("puts servers and clients on different nodes, with the labels of the rule", () => {
    const { pods } = runProbe(render([webToDatabase], ["app"]), "*");
    const pod = (end: string): ProbePodManifest | undefined =>
      pods.find(({ metadata }) => metadata.name.endsWith(end));
    assert.equal(pod("-to-web-to-db")?.spec.nodeName, "worker-0");
    assert.equal(pod("-from-web-to-db")?.spec.nodeName, "worker-1");
    assert.equal(pod("-to-web-to-db")?.metadata.labels["app"], "db");
    assert.equal(pod("-from-web-to-db")?.metadata.labels["app"], "web");
  });

  it("can serve ports below 1024 without root: the pod may open them", () => {
    const { pods } = runProbe(render([webToDatabase], ["app"]), "*");
    const server = pods.find(({ metadata }) => metadata.name.endsWith("-to-web-to-db"));
    assert.match(server?.spec.containers[0]?.command.at(-1) ?? "", /nc -ll -p 80 /);
    assert.deepEqual(server?.spec.securityContext.sysctls, [
      { name: "net.ipv4.ip_unprivileged_port_start", value: "0" },
    ]);
  });

  it("counts a server as started only when something answers on its port", () => {
    const { pods } = runProbe(render([webToDatabase], ["app"]), "*");
    const startup = pods.map(({ metadata, spec }) => [
      metadata.name.replace(/^probe-\d+-\d+-/, ""),
      spec.containers[0]?.startupProbe?.tcpSocket.port,
    ]);
    assert.deepEqual(Object.fromEntries(startup), {
      "closed-app": 10080,
      "to-web-to-db": 80,
      "from-web-to-db": undefined,
      "stranger-app": undefined,
    });
  });

  it("counts the flows when all are as declared", () => {
    const run = runProbe(render([webToDatabase], ["app"]), asDeclared);
    assert.equal(run.stderr, "");
    assert.equal(run.status, 0);
    // One rule, the stranger to both servers, and DNS.
    assert.equal(run.stdout, '{"flows":4}\n');
  });

  it("fails and names rule and flow when an allowed one is refused", () => {
    const run = runProbe(render([webToDatabase], ["app"]), "*kubernetes.default*");
    assert.equal(run.status, 1);
    assert.equal(run.stdout, "");
    assert.match(
      run.stderr,
      /^rule "web-to-db": app\/app=web → app\/app=db TCP 80 should connect, but it was closed$/m,
    );
    assert.match(run.stderr, /^connectivity probe: 1 of 4 flows are not as declared$/m);
  });

  it("fails and names the flow when default deny lets one through", () => {
    const run = runProbe(render([webToDatabase], ["app"]), "*");
    assert.equal(run.status, 1);
    assert.match(
      run.stderr,
      /^app\/any pod → app\/any pod TCP 10080 should be refused by default deny, but it was open$/m,
    );
  });

  it("fails when cluster DNS does not answer", () => {
    const run = runProbe(render([webToDatabase], ["app"]), "from-web-to-db*");
    assert.equal(run.status, 1);
    assert.match(
      run.stderr,
      /cluster DNS should answer kubernetes\.default\.svc\.cluster\.local to stranger-app, but it was unanswered/,
    );
  });

  it("tries all flows of a client side by side, so that refusals don't add up", () => {
    const { clientScripts } = runProbe(render([webToDatabase], ["app"]), asDeclared);
    const script = clientScripts.get("stranger-app") ?? "";
    const calls = script.match(/^(check|dns) \d.*$/gm) ?? [];
    assert.equal(calls.length, 3);
    assert.deepEqual(
      calls.filter((call) => !call.endsWith(" &")),
      [],
    );
  });
});
