import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AllowRule } from "../../../components/network/allow-rules";
import { ConnectivityProbe } from "../../../components/network/probe";
import { assertNamedUnderParents, ofType, recordStack, reveal, type Recording } from "../../support/mocks";

function record(allow: readonly AllowRule[]): Promise<Recording<ConnectivityProbe>> {
  const create = (): ConnectivityProbe =>
    new ConnectivityProbe("probe", {
      connection: { host: "10.77.5.10", hostKey: "ssh-ed25519 AAAA" },
      allow,
      cluster: {
        namespaces: ["default"],
        podCidr: "10.244.0.0/16",
        controlPlanes: [{ name: "control-plane-0", address: "10.77.5.10" }],
        nodes: ["worker-0"],
      },
      image: "redoubt.local/probe:1",
      clusterDomain: "cluster.local",
      dns: { namespace: "kube-system", deployment: "coredns", image: "redoubt.local/coredns:1" },
      dnsAddress: "10.96.0.10",
      timeoutSeconds: 30,
      carriers: { "kube-router": "a".repeat(64) },
    });
  return recordStack(create, {
    mocks: { "command:remote:Command": () => ({ stdout: '{"flows":2}\n', stderr: "" }) },
  });
}

describe("the connectivity probe as a resource", () => {
  it("is one command; the script goes by stdin, so a change of the rules runs it again", async () => {
    const rule: AllowRule = {
      name: "rule",
      from: { namespace: "default" },
      to: { namespace: "default" },
      ports: [{ protocol: "TCP", port: 8080 }],
    };
    const [without, withRule] = [await record([]), await record([rule])];
    const [before] = ofType(without, "command:remote:Command").values();
    const [now] = ofType(withRule, "command:remote:Command").values();
    assert.equal(before?.inputs["create"], "sudo --non-interactive bash -s");
    assert.equal(before.inputs["update"], before.inputs["create"]);
    assert.notEqual(now?.inputs["stdin"], before.inputs["stdin"]);
    assertNamedUnderParents(without, ["probe"]);
  });

  it("says how many flows it saw, and what it could not show", async () => {
    const sctp: AllowRule = {
      name: "signalling",
      from: { namespace: "default" },
      to: { namespace: "default" },
      ports: [{ protocol: "SCTP", port: 2905 }],
    };
    const { result } = await record([sctp]);
    assert.equal((await reveal(result.flows)).value, 2);
    assert.deepEqual(
      result.notProbed.map(({ rule }) => rule),
      ["signalling"],
    );
  });
});
