import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { admittedPodSpec } from "../../support/admitted-pod";
import type { ClusterOutputs, Outcome } from "../../support/cluster";
import type { InventoryCluster } from "../../support/inventory-cluster";
import { registryPassword, stalePassword, type RegistryBench } from "../../support/registry-bench";

/** Where containerd looks for registries, and what somebody may put there. */
const stranger = "/etc/containerd/certs.d/docker.io";

const image = "registry.example/team/app:1";

/** What a pod names as images, beside what every namespace admits. */
interface NamedImages {
  /** Default: one that is admitted. */
  readonly main?: string;
  readonly init?: string;
  readonly volume?: string;
}

const admission: readonly (readonly [what: string, images: NamedImages, admitted: boolean])[] = [
  ["an image of a registry that is named", {}, true],
  ["one by its digest", { main: `registry.example/app@sha256:${"0".repeat(64)}` }, true],
  ["one of the stack's own", { init: "redoubt.local/probe:1" }, true],
  ["one of Docker Hub, which has no registry in its name", { main: "busybox" }, false],
  ["one of a folder there", { main: "team/app:1" }, false],
  ["one of a folder there that is called as a registry", { main: "docker.io/registry.example/app" }, false],
  ["one of a registry at another port", { main: "registry.example:5000/team/app" }, false],
  ["one of a registry whose name begins as the other's", { main: "registry.example.com/team/app" }, false],
  ["one by the ID that it has on a node", { main: `sha256:${"0".repeat(64)}` }, false],
  ["one of the host that the pod is on", { main: "localhost/team/app" }, false],
  ["another one in an init container", { init: "busybox" }, false],
  ["another one as a volume", { volume: "quay.io/team/files:1" }, false],
];

/** What every namespace asks of a container. */
const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };

/** Images that no host has, by registries that are elsewhere than their names say. Needs a worker of each Debian release. */
export function registriesStory(
  cluster: InventoryCluster,
  outputs: () => ClusterOutputs,
  bench: RegistryBench,
): void {
  const workers = (): string[] =>
    outputs()
      .nodeTable.filter(({ role }) => role === "worker")
      .map(({ name }) => name);
  const kubectl = (...args: string[]): string =>
    cluster.kubectl(outputs().kubeconfig, ["--namespace", "other", ...args]).stdout.trim();
  const names: string[] = [];
  /** Starts a pod on each worker; gives their names. */
  const pull = (reference: string): string[] =>
    workers().map((node) => {
      const name = `pulls-${names.length}`;
      const pod = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name },
        spec: admittedPodSpec({
          command: ["/bin/busybox", "sleep", "3600"],
          container: { image: reference },
          spec: { nodeSelector: { "kubernetes.io/hostname": node } },
        }),
      };
      const made = cluster.kubectl(
        outputs().kubeconfig,
        ["--namespace", "other", "create", "--filename", "-"],
        JSON.stringify(pod),
      );
      assert.equal(made.code, 0, made.stderr);
      names.push(name);
      return name;
    });
  const assertRuns = (pods: readonly string[]): void => {
    for (const pod of pods) {
      const waited = kubectl("wait", `pod/${pod}`, "--for=condition=Ready", "--timeout=90s");
      assert.match(waited, /condition met/, kubectl("describe", "pod", pod));
    }
  };
  const firstPulled = (): string => names[0] ?? "";
  /** What the kubelet says of the pods, once it waits before it tries again. */
  const refusals = async (pods: readonly string[]): Promise<string[]> => {
    const texts: string[] = [];
    for (const pod of pods) {
      const state = (field: string): string =>
        kubectl("get", "pod", pod, `--output=jsonpath={.status.containerStatuses[0].state.waiting.${field}}`);
      const end = Date.now() + 90_000;
      while (state("reason") !== "ImagePullBackOff" && Date.now() < end) await sleep(500);
      assert.equal(state("reason"), "ImagePullBackOff", pod);
      texts.push(
        kubectl(
          "get",
          "events",
          `--field-selector=involvedObject.name=${pod},reason=Failed`,
          "--output=jsonpath={.items[*].message}",
        ),
      );
    }
    return texts;
  };
  const everywhere = (command: string): string[] =>
    outputs().nodeTable.map(({ name }) => cluster.ssh(outputs(), name, command).stdout);

  describe("Registries", () => {
    after(() => {
      kubectl("delete", "pod", ...names, "--wait=false", "--ignore-not-found");
    });

    it("are asked by containerd of Debian 12 and of Debian 13", () => {
      const versions = workers().map((name) => cluster.ssh(outputs(), name, "containerd --version").stdout);
      assert.match(versions.join(""), / 1\.6\.[\s\S]* 1\.7\./);
    });

    it("give a pod an image that no host has, by a mirror with an authority and a login of its own", async () => {
      await bench.takeRequests("mirror");
      assertRuns(pull(image));
      const requests = await bench.takeRequests("mirror");
      const admitted = requests.filter((request) => request.admitted).map(({ url }) => url);
      // Which registry is meant it is told beside the path.
      assert.ok(admitted.includes("/v2/team/app/manifests/1?ns=registry.example"), admitted.join("\n"));
      assert.ok(
        admitted.some((url) => url.startsWith("/v2/team/app/blobs/sha256:")),
        admitted.join("\n"),
      );
      // Nobody is let in who does not log in.
      assert.ok(requests.some((request) => !request.admitted));
    });

    it("give it where they have logins answered by a server of tokens, below a path of their own", async () => {
      assertRuns(pull("tokens.example/team/app:2"));
      const requests = await bench.takeRequests("tokens");
      const urls = requests.filter(({ admitted }) => admitted).map(({ url }) => url);
      assert.ok(
        urls.some((url) => url.startsWith("/token?")),
        urls.join("\n"),
      );
      assert.ok(urls.includes("/v2/hub/team/app/manifests/2?ns=tokens.example"), urls.join("\n"));
    });

    it("give nothing where the password is a wrong one, which the pod's events do not show", async () => {
      const texts = await refusals(pull("stale.example/team/app:3"));
      for (const text of texts) {
        assert.match(text, /40[13]|authoriz/i);
        assert.ok(!text.includes(stalePassword), text);
      }
    });

    it("give nothing where their certificate is of another authority, nor where hosts were told of none", async () => {
      const pods = [...pull("untrusted.example/team/app:4"), ...pull(`${bench.unnamed}/team/app:5`)];
      for (const text of await refusals(pods))
        assert.match(text, /x509: certificate signed by unknown authority/);
      assert.deepEqual(await bench.takeRequests("unnamed"), []);
    });

    it("are asked again with another password as soon as up has brought it, and containers run on", async () => {
      const running = kubectl(
        "get",
        "pod",
        firstPulled(),
        "--output=jsonpath={.status.containerStatuses[0].containerID}",
      );
      assert.match(running, /^containerd:/);
      const [worker = ""] = workers();
      // Whoever may write there could have any image come from anywhere.
      cluster.ssh(
        outputs(),
        worker,
        `sudo mkdir ${stranger} && echo 'server = "http://evil.example"' | sudo tee ${stranger}/hosts.toml`,
      );
      bench.renewPassword(cluster);
      const { code, stdout, stderr } = await cluster.npmRun("up");
      assert.equal(code, 0, stdout + stderr);
      assertRuns(pull("stale.example/team/app:6"));
      assert.equal(
        kubectl(
          "get",
          "pod",
          firstPulled(),
          "--output=jsonpath={.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}",
        ),
        `${running} 0`,
      );
      // What nobody named was found on the way, and taken away.
      assert.equal(cluster.ssh(outputs(), worker, `test -e ${stranger}`).code, 1);
      assert.match(stdout + stderr, /no registry configured but those of the settings/);
    });

    it("have passwords that only root reads on a host, and that stand in no state, log or command line", () => {
      const modes =
        "sudo stat --format '%a %U %n' /etc/containerd/registry-logins.toml /run/redoubt/containerd.toml";
      for (const text of everywhere(modes)) {
        assert.equal(
          text,
          "600 root /etc/containerd/registry-logins.toml\n600 root /run/redoubt/containerd.toml\n",
        );
      }
      const traces =
        "sudo sh -c 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; journalctl --no-pager --output cat'";
      const places = [cluster.exportedState(), cluster.log(), ...everywhere(traces)];
      for (const text of places) {
        assert.ok(text.length > 1000);
        for (const word of [registryPassword, stalePassword, JSON.stringify(registryPassword)])
          assert.ok(!text.includes(word));
      }
    });
  });

  describe("Admission by registries", () => {
    const podWith = ({ main = image, init, volume }: NamedImages): string => {
      const spec = {
        ...(init === undefined ? {} : { initContainers: [{ name: "init", image: init, securityContext }] }),
        ...(volume === undefined ? {} : { volumes: [{ name: "files", image: { reference: volume } }] }),
      };
      const pod = admittedPodSpec({ container: { image: main }, spec });
      return JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "names" }, spec: pod });
    };
    const create = (manifest: string, ...args: string[]): Outcome =>
      cluster.kubectl(
        outputs().kubeconfig,
        ["--namespace", "other", "create", "--filename", "-", ...args],
        manifest,
      );
    after(() => {
      kubectl("delete", "pod", "names", "--wait=false", "--ignore-not-found");
    });
    const refusal = /images must come from registry\.example, .* \(images\.allowedRegistries\)/;

    for (const [what, images, admitted] of admission) {
      it(`${admitted ? "takes" : "refuses"} ${what}`, () => {
        const { code, stderr } = create(podWith(images), "--dry-run=server");
        if (admitted) assert.equal(code, 0, stderr);
        else assert.match(stderr, refusal);
      });
    }

    it("asks when the image of a pod is changed, or a container is added to it", () => {
      assert.equal(create(podWith({})).code, 0);
      const patch = (container: string, ...args: string[]): Outcome => {
        const what = ["patch", "pod", "names", "--patch", container, ...args];
        return cluster.kubectl(outputs().kubeconfig, ["--namespace", "other", ...what]);
      };
      const changed = (name: string): string =>
        JSON.stringify({ spec: { containers: [{ name: "main", image: name }] } });
      assert.match(patch(changed("quay.io/team/app:1")).stderr, refusal);
      assert.equal(patch(changed("registry.example/team/app:7")).code, 0);
      const added = (name: string): string => {
        const container = { name: "debug", image: name, securityContext };
        return JSON.stringify({ spec: { ephemeralContainers: [container] } });
      };
      const below = "--subresource=ephemeralcontainers";
      assert.match(patch(added("quay.io/team/tools:1"), below).stderr, refusal);
      const taken = patch(added("redoubt.local/probe:1"), below);
      assert.equal(taken.code, 0, taken.stderr);
    });
  });
}
