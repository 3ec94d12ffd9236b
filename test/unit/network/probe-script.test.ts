import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import type { AllowRule } from "../../../components/network/allow-rules";
import { planFlows } from "../../../components/network/flows";
import type { ProbedCluster } from "../../../components/network/probe-cast";
import { renderProbeScript } from "../../../components/network/probe-script";
import { assertShellcheckClean } from "../../support/shellcheck";

const webToDatabase: AllowRule = {
  name: "web-to-db",
  from: { namespace: "app", podLabels: { app: "web" } },
  to: { namespace: "app", podLabels: { app: "db" } },
  ports: [{ protocol: "TCP", port: 80 }],
};

const probed = (namespaces: readonly string[]): ProbedCluster => ({
  namespaces,
  podCidr: "10.244.0.0/16",
  controlPlanes: [{ name: "control-plane-0", address: "10.77.5.10" }],
  nodes: ["worker-0", "worker-1"],
});

const render = (rules: readonly AllowRule[], namespaces: readonly string[]): string =>
  renderProbeScript({
    plan: planFlows(rules, probed(namespaces)),
    allow: rules,
    cluster: probed(namespaces),
    image: "redoubt.local/probe:1",
    dns: { namespace: "kube-system", deployment: "coredns", image: "redoubt.local/coredns:1" },
    dnsName: "kubernetes.default.svc.cluster.local",
    dnsAddress: "10.96.0.10",
    timeoutSeconds: 5,
    carriers: { "kube-router": "a".repeat(64) },
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
      readonly resources: Readonly<Record<"requests" | "limits", Readonly<Record<string, string>>>>;
      readonly startupProbe?: { readonly tcpSocket: { readonly port: number } };
    }[];
  };
}

interface ProbeRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly pods: readonly ProbePodManifest[];
  /** What each client was told to try, by its id. */
  readonly checks: ReadonlyMap<string, string>;
  /** How many clients tried at the same time, at most. */
  readonly atOnce: number;
  /** Policies that were taken away, as kubectl was told. */
  readonly withdrawn: readonly string[];
}

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** How the cluster behaves that only pretends. */
interface Pretence {
  /** Policies that are there. */
  readonly left?: readonly string[];
  /** What a client takes. */
  readonly seconds?: number;
  /** The command with which the deployment of DNS rolls out. */
  readonly rollout?: string;
  /** The command by which the host itself connects. */
  readonly connects?: string;
}

/**
 * Runs the probe with a cluster that only pretends: pods get addresses at once, and a connection succeeds where the shell pattern
 * `reachable` matches its client and what it tries, as "from-web-to-db tcp 10.244.0.2:80"; the client of the host is "host".
 */
function runProbe(
  script: string,
  reachable: string,
  { left = [], seconds = 0, rollout = "true", connects = 'is_reachable "host $1 $2:$3"' }: Pretence = {},
): ProbeRun {
  const folder = mkdtempSync(path.join(tmpdir(), "probe-"));
  folders.push(folder);
  const fake = `
is_reachable() { case "$*" in ${reachable}) return 0 ;; *) return 1 ;; esac; }
connects() { ${connects}; }
kube() {
  case $1 in
    apply) cat >"$OUT/pods" ;;
    get) [ "$2" != networkpolicies ] || { printf '%s\\n' $LEFT; return; }
      sed -n 's/.*"kind":"Pod","metadata":{"name":"\\([^"]*\\)".*/\\1/p' "$OUT/pods" | nl -ba | while read -r number pod; do
        echo "$pod true 10.244.0.$number"; done ;;
    rollout) ${rollout} ;;
    delete) [ "$2" != networkpolicy ] || echo "$*" >>"$OUT/withdrawn" ;;
    exec) local pod index protocol target expected seen
        for pod; do [ "$pod" != -- ] || break; client=\${pod#"$run_id-"}; done
        touch "$OUT/$client.trying"
        ls "$OUT" | grep -c '\\.trying$' >>"$OUT/at-once"
        sleep ${seconds}
        rm "$OUT/$client.trying"
        tee "$OUT/$client.client" | while read -r index protocol target expected; do
          case $protocol in
            dns) expected=answered; if is_reachable "$client dns $target"; then seen=answered; else seen=unanswered; fi ;;
            *) if is_reachable "$client $protocol $target"; then seen=open; else seen=closed; fi ;;
          esac
          if [ "$seen" = "$expected" ]; then echo "$index pass $seen"; else echo "$index fail $seen"; fi
        done ;;
  esac
}
`;
  const calls = script.lastIndexOf("\nowner ");
  const run = spawnSync("bash", ["-s"], {
    input: script.slice(0, calls) + fake + script.slice(calls).replace("run_checks 5", "run_checks 0"),
    encoding: "utf8",
    env: { ...process.env, OUT: folder, LEFT: left.join(" ") },
  });
  const atOnce = path.join(folder, "at-once");
  const clients = readdirSync(folder).filter((name) => name.endsWith(".client"));
  return {
    status: run.status,
    stdout: run.stdout,
    stderr: run.stderr,
    pods: readFileSync(path.join(folder, "pods"), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as ProbePodManifest),
    atOnce: existsSync(atOnce) ? Math.max(...readFileSync(atOnce, "utf8").trim().split("\n").map(Number)) : 0,
    withdrawn: existsSync(path.join(folder, "withdrawn"))
      ? readFileSync(path.join(folder, "withdrawn"), "utf8").trim().split("\n")
      : [],
    checks: new Map(
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
    const calls = script.slice(script.lastIndexOf("\n{\nowner "));
    const print = 'print() { printf "%s\\0" "$@"; }\n';
    const names = [
      "owner",
      "pod",
      "check",
      "dns",
      "keep",
      "withdraw_left",
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
  const asDeclared = `"from-web-to-db tcp 10.244.0.2:80"|*" dns kubernetes.default"*`;

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

  it("asks for nothing of a node, which may be full, and takes little of it", () => {
    const { pods } = runProbe(render([webToDatabase], ["app"]), "*");
    for (const { spec } of pods) {
      assert.deepEqual(spec.containers[0]?.resources, {
        requests: { cpu: "0", memory: "0" },
        limits: { cpu: "100m", memory: "32Mi" },
      });
    }
  });

  it("lets no more than sixteen clients try at a time, and all of them in the end", () => {
    const namespaces = Array.from({ length: 40 }, (_, index) => `app-${index}`);
    const { checks, atOnce } = runProbe(render([], namespaces), `*" dns "*`, { seconds: 0.1 });
    assert.equal(checks.size, 40);
    assert.ok(atOnce > 1 && atOnce <= 16, String(atOnce));
  });

  it("takes away policies of rules that are no more, in its own namespaces, before it tries anything", () => {
    const left = ["app/allow-old-egress", "app/allow-web-to-db-ingress", "leaving/allow-older-ingress"];
    const { withdrawn } = runProbe(render([webToDatabase], ["app"]), "*", { left });
    assert.deepEqual(withdrawn, ["delete networkpolicy allow-old-egress --namespace app --ignore-not-found"]);
    assert.deepEqual(runProbe(render([webToDatabase], ["app"]), "*").withdrawn, []);
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
    assert.deepEqual(server?.spec.containers[0]?.command, ["/bin/probe", "serve", "80", "79", "81"]);
    assert.deepEqual(server.spec.securityContext.sysctls, [
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
    // The rule and its three neighbours; stranger and host to both servers, of which one by TCP and UDP; the API server; DNS.
    assert.equal(run.stdout, '{"flows":12}\n');
  });

  it("fails and names rule and flow when an allowed one is refused", () => {
    const run = runProbe(render([webToDatabase], ["app"]), `*" dns "*`);
    assert.equal(run.status, 1);
    assert.equal(run.stdout, "");
    assert.match(
      run.stderr,
      /^rule "web-to-db": app\/app=web → app\/app=db TCP 80 should connect, but it was closed$/m,
    );
    assert.match(run.stderr, /^connectivity probe: 1 of 12 flows are not as declared$/m);
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
    const run = runProbe(render([webToDatabase], ["app"]), `"from-web-to-db tcp"*`);
    assert.equal(run.status, 1);
    assert.match(
      run.stderr,
      /cluster DNS should answer kubernetes\.default\.svc\.cluster\.local to stranger-app, but it was unanswered/,
    );
  });

  it("fails and names the flow when the control plane reaches what no rule opens to it", () => {
    const run = runProbe(render([webToDatabase], ["app"]), `${asDeclared}|"host udp"*`);
    assert.equal(run.status, 1);
    assert.match(
      run.stderr,
      /^host control-plane-0 \(10\.77\.5\.10\) → app\/any pod UDP 10080 should be refused by default deny, but it was open$/m,
    );
    assert.match(run.stderr, /^connectivity probe: 1 of 12 flows are not as declared$/m);
  });

  it("fails when what was silent at first is open once the policy engine knows the pod", () => {
    const connects = "((SECONDS >= 3)) || return 124";
    const run = runProbe(render([webToDatabase], ["app"]), asDeclared, { connects });
    assert.equal(run.status, 1);
    assert.match(run.stderr, /^host control-plane-0 .* should be refused by default deny, but it was open$/m);
  });

  it("takes silence for an answer when the policy engine has had time, and a refusal at once", () => {
    const took = (connects: string): number => {
      const start = performance.now();
      const run = runProbe(render([webToDatabase], ["app"]), asDeclared, { connects });
      assert.equal(run.status, 0, run.stderr);
      return performance.now() - start;
    };
    assert.ok(took("return 1") < 2500);
    assert.ok(took("sleep 0.1; return 124") > 3000);
  });

  it("has clients that ask for no name try while DNS rolls out", () => {
    const afterClients = `until ls "$OUT" | grep -q '[.]client$' || [ "$SECONDS" -gt 20 ]; do sleep 0.05; done; [ "$SECONDS" -le 20 ]`;
    const run = runProbe(render([webToDatabase], ["app"]), asDeclared, { rollout: afterClients });
    assert.equal(run.stderr, "");
    assert.equal(run.status, 0);
  });

  it("fails and names the deployment when DNS does not roll out, whatever else was seen", () => {
    const failing = `{ echo 'timed out waiting for the condition' >&2; false; }`;
    const run = runProbe(render([webToDatabase], ["app"]), asDeclared, { rollout: failing });
    assert.equal(run.status, 1);
    assert.equal(run.stdout, "");
    assert.match(
      run.stderr,
      /^deployment kube-system\/coredns with image redoubt\.local\/coredns:1 did not become ready: timed out/m,
    );
  });

  it("asks each client once, for all that it is to try", () => {
    const { checks } = runProbe(render([webToDatabase], ["app"]), asDeclared);
    const told = [...checks].map(([client, lines]) => [client, lines.replace(/^\d+ /gm, "").trimEnd()]);
    assert.deepEqual(Object.fromEntries(told), {
      "from-web-to-db": [
        "tcp 10.244.0.2:80 open",
        "tcp 10.244.0.2:79 closed",
        "tcp 10.244.0.2:81 closed",
        "udp 10.244.0.2:80 closed",
      ].join("\n"),
      "stranger-app": [
        "tcp 10.244.0.1:10080 closed",
        "udp 10.244.0.1:10080 closed",
        "tcp 10.244.0.2:80 closed",
        "tcp 10.77.5.10:6443 closed",
        "dns kubernetes.default.svc.cluster.local 10.96.0.10:53",
      ].join("\n"),
    });
  });
});

describe("a connection of the control plane itself", () => {
  /** What the script's own function says of a server on loopback; it is given a free port. */
  const attempt = (server: string, protocol: "tcp" | "udp"): number | null => {
    const script = render([], ["app"]);
    const functions = script.slice(0, script.lastIndexOf("\n{\nowner "));
    const input = `${functions}\n${server}\nconnects ${protocol} 127.0.0.1 "$port"\n`;
    return spawnSync("bash", ["-s"], {
      input,
      encoding: "utf8",
      env: { ...process.env, node: process.execPath },
    }).status;
  };
  /** Starts a server in Node.js, which says its port when it listens, and ends by itself. */
  const serve = (code: string): string =>
    `exec 7< <("$node" -e '${code}; setTimeout(() => process.exit(), 10000)' </dev/null 2>/dev/null); read -r port <&7`;
  const tcp = `const s = require("net").createServer(); s.listen(0, "127.0.0.1", () => console.log(s.address().port))`;
  const udp = (answer: string): string =>
    `const s = require("dgram").createSocket("udp4"); s.on("message", (m, from) => ${answer}); s.bind(0, "127.0.0.1", () => console.log(s.address().port))`;

  it("is open when somebody listens", () => {
    assert.equal(attempt(serve(tcp), "tcp"), 0);
  });

  it("is open by UDP when somebody sends back what was sent", () => {
    assert.equal(attempt(serve(udp("s.send(m, from.port, from.address)")), "udp"), 0);
  });

  it("is closed by UDP when nothing, or something else, comes back", () => {
    assert.notEqual(attempt(serve(udp("0")), "udp"), 0);
    assert.notEqual(attempt(serve(udp(`s.send("no", from.port, from.address)`)), "udp"), 0);
  });

  it("is closed when nobody listens", () => {
    assert.notEqual(attempt("port=1", "tcp"), 0);
    assert.notEqual(attempt("port=1", "udp"), 0);
  });

  it("is closed by UDP as soon as somebody says so, without asking again", () => {
    const start = performance.now();
    assert.notEqual(attempt("port=1", "udp"), 0);
    const refused = performance.now() - start;
    const silentStart = performance.now();
    assert.notEqual(attempt(serve(udp("0")), "udp"), 0);
    assert.ok(refused < (performance.now() - silentStart) / 2, `${refused} ms`);
  });
});
