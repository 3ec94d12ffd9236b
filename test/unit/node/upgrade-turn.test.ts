import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { renderReturnTurn, renderTakeTurn } from "../../../components/node/upgrade-turn";
import { assertShellcheckClean } from "../../support/shellcheck";

/** Answers for one node, of which the folder knows kubelet, mark and unschedulable, and writes down what is done to it. */
const kubectl = `#!/usr/bin/env bash
cd FOLDER
shift # --kubeconfig
[ ! -e silent ] || exit 1
words=$*
case $words in
  'get --raw /version'*) printf '{\\n  "gitVersion": "v%s",\\n}' "$(cat served)" ;;
  *nodeInfo.kubeletVersion*) cat kubelet ;;
  *labels.*) cat mark ;;
  *spec.unschedulable*) cat unschedulable ;;
  *status.conditions*) cat ready ;;
  *--selector=*) cat others ;;
  *)
    printf '%s\\n' "$words" >>done
    case $words in
      label*=*) printf '%s' "\${words##*=}" >mark ;;
      label*-) : >mark ;;
      drain*) [ ! -e refuses ] ;;
    esac ;;
esac
`;

const mark = "node-restriction.kubernetes.io/redoubt-upgrade";

describe("a node that comes to another version", () => {
  let folder: string;
  const write = (name: string, text: string): void => {
    writeFileSync(path.join(folder, name), text);
  };
  const done = (): string[] => {
    const file = path.join(folder, "done");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  };
  const run = (script: string): { code: number | null; stderr: string } => {
    const env = { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
    // Nobody waits for minutes here.
    const input = script
      .replaceAll(/SECONDS \+ \d+/g, "SECONDS + 1")
      .replaceAll("/var/lib/redoubt/safe/kube-apiserver.service", folder)
      .replaceAll("/usr/local/bin/kube-apiserver", "/kube-apiserver")
      .replaceAll(/(?<!files)\/kube-apiserver/g, `${folder}/kube-apiserver`)
      .replaceAll("/run/redoubt-turn", `${folder}/turn`);
    const { status, stderr } = spawnSync("bash", ["-s"], { input, env, encoding: "utf8" });
    return { code: status, stderr };
  };
  const options = { node: "worker-0", version: "1.36.3", maxUnavailable: 1, drainTimeoutSeconds: 300 };
  const take = (more: Partial<typeof options> = {}): ReturnType<typeof run> =>
    run(renderTakeTurn({ ...options, ...more }));

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "turn-"));
    writeFileSync(path.join(folder, "kubectl"), kubectl.replace("FOLDER", folder), { mode: 0o755 });
    for (const name of ["mark", "unschedulable", "others"]) write(name, "");
    write("kubelet", "v1.35.4");
    write("served", "1.36.3");
    write("ready", "True");
    mkdirSync(path.join(folder, "good/files"), { recursive: true });
    for (const name of ["kube-apiserver", "good/files/kube-apiserver"]) write(name, "the new program");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const drain = "drain worker-0 --ignore-daemonsets --delete-emptydir-data --timeout=300s";

  it("is marked and drained before it changes its minor, and takes pods again after it", () => {
    assert.equal(take().code, 0);
    assert.deepEqual(done(), [`label node worker-0 ${mark}=schedulable`, drain]);
    write("kubelet", "v1.36.3");
    assert.equal(run(renderReturnTurn(options)).code, 0);
    assert.deepEqual(done().slice(2), ["uncordon worker-0", `label node worker-0 ${mark}-`]);
  });

  it("stays cordoned after it when somebody had cordoned it before", () => {
    write("unschedulable", "true");
    take();
    write("kubelet", "v1.36.3");
    run(renderReturnTurn(options));
    assert.deepEqual(done(), [`label node worker-0 ${mark}=cordoned`, drain, `label node worker-0 ${mark}-`]);
  });

  for (const [what, kubelet] of [
    ["another patch of its minor", "v1.36.0"],
    ["the version already", "v1.36.3"],
    ["no node yet", ""],
  ] as const) {
    it(`is not touched when it is ${what}`, () => {
      write("kubelet", kubelet);
      assert.equal(take().code, 0);
      assert.equal(run(renderReturnTurn({ ...options, version: "1.36.3" })).code, 0);
      assert.deepEqual(done(), []);
    });
  }

  it("waits for the API server to have the version", () => {
    write("served", "1.35.4");
    const { code, stderr } = take();
    assert.equal(code, 1);
    assert.match(stderr, /the API server does not serve 1\.36\.3/);
    assert.deepEqual(done(), []);
  });

  it("waits for the new API server to be found good, not only to answer", () => {
    write("good/files/kube-apiserver", "the old program");
    assert.equal(take().code, 1);
    assert.deepEqual(done(), []);
  });

  it("counts no answer as an answer: a script that can't ask fails, and runs again", () => {
    write("silent", "");
    write("mark", "schedulable");
    assert.notEqual(run(renderReturnTurn(options)).code, 0);
    assert.notEqual(take().code, 0);
  });

  it("is cordoned, and nothing waited for, when its kubelet is gone", () => {
    write("ready", "Unknown");
    assert.equal(take().code, 0);
    assert.deepEqual(done(), [`label node worker-0 ${mark}=schedulable`, "cordon worker-0"]);
  });

  it("waits no longer when the API server was refused its new configuration meanwhile", () => {
    write("served", "1.35.4");
    write("refused", "it was refused by its check");
    const { code, stderr } = take();
    assert.equal(code, 1);
    assert.match(stderr, /the API server does not come to 1\.36\.3: it was refused by its check/);
    utimesSync(path.join(folder, "refused"), 0, 0);
    assert.match(take().stderr, /does not serve 1\.36\.3/, "an older refusal says nothing");
  });

  it("waits for its turn while as many as may be are away, and names them", () => {
    write("others", "worker-1 worker-2");
    const { code, stderr } = take({ maxUnavailable: 2 });
    assert.equal(code, 1);
    assert.match(stderr, /worker-0 did not get its turn .* worker-1 worker-2\. Fix: /);
    assert.deepEqual(done(), []);
  });

  it("goes beside others when more may be away", () => {
    write("others", "worker-1");
    assert.equal(take({ maxUnavailable: 2 }).code, 0);
    assert.ok(done().includes(drain));
  });

  it("is as it was when its pods can't be moved, and the fix is told", () => {
    write("refuses", "");
    const { code, stderr } = take();
    assert.equal(code, 1);
    assert.match(
      stderr,
      /could not be drained within 300 s and stays at v1\.35\.4\. Fix: .*drainTimeoutSeconds/,
    );
    assert.deepEqual(done().slice(2), ["uncordon worker-0", `label node worker-0 ${mark}-`]);
  });

  it("keeps its turn when up was cut off after it was drained, and waits for nobody", () => {
    write("mark", "schedulable");
    write("others", "worker-1");
    assert.equal(take().code, 0);
    assert.deepEqual(done(), [drain]);
  });

  it("gives its turn back when the version is set back before it changed", () => {
    write("mark", "schedulable");
    write("served", "1.35.4");
    assert.equal(take({ version: "1.35.4" }).code, 0);
    assert.deepEqual(done(), ["uncordon worker-0", `label node worker-0 ${mark}-`]);
  });

  it("does not take pods again while its kubelet is the old one", () => {
    write("mark", "schedulable");
    const { code, stderr } = run(renderReturnTurn(options));
    assert.equal(code, 1);
    assert.match(stderr, /says that it is v1\.35\.4 and not v1\.36\.3/);
    assert.deepEqual(done(), []);
  });

  it("has clean scripts", () => {
    assertShellcheckClean(renderTakeTurn(options));
    assertShellcheckClean(renderReturnTurn(options));
  });
});
