import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import { acknowledge, lookAtAccount, type Engine } from "../../../commands/look-at-account";
import type { Finding } from "../../../drift/finding";
import { readStackState } from "../../../drift/stack-state";
import type { EmulatedStack } from "../emulated-stack";
import type { Made } from "../made";
import type { Question } from "../questioner";
import { rulesToldByEc2 } from "./security-groups";

const previewSchema = z.object({
  steps: z.array(z.looseObject({ op: z.string(), urn: z.string() })),
});

/** A change that somebody makes by hand, and the resource in whose place it is. */
interface HandMade {
  readonly resource: string;
  readonly question: Question;
}

async function ruleOfOperators(made: Made): Promise<unknown> {
  const Filters = [{ Name: "group-id", Values: [made.idOf("sg", "bastion")] }];
  return made.ask({
    service: "ec2",
    operation: "describe_security_group_rules",
    parameters: { Filters },
    query: "SecurityGroupRules[?!IsEgress] | [0].SecurityGroupRuleId",
  });
}

async function handMade(made: Made): Promise<readonly HandMade[]> {
  const ec2 = (operation: string, parameters: object): Question => ({
    service: "ec2",
    operation,
    parameters,
  });
  const SecurityGroupRule = { IpProtocol: "tcp", FromPort: 22, ToPort: 22, CidrIpv4: "0.0.0.0/0" };
  return [
    {
      resource: "machines-security-groups-bastion-ssh-from-203-0-113-0-28",
      question: ec2("modify_security_group_rules", {
        GroupId: made.idOf("sg", "bastion"),
        SecurityGroupRules: [{ SecurityGroupRuleId: await ruleOfOperators(made), SecurityGroupRule }],
      }),
    },
    {
      resource: "machines-worker-0-instance",
      question: ec2("modify_instance_metadata_options", {
        InstanceId: made.idOf("i", "worker-0"),
        HttpTokens: "optional",
        HttpPutResponseHopLimit: 2,
      }),
    },
    {
      resource: "machines-worker-1-instance",
      question: ec2("modify_instance_attribute", {
        InstanceId: made.idOf("i", "worker-1"),
        SourceDestCheck: { Value: true },
      }),
    },
    {
      resource: "machines-network-public-eu-central-1b",
      question: ec2("modify_subnet_attribute", {
        SubnetId: made.idOf("subnet", "public-eu-central-1b"),
        MapPublicIpOnLaunch: { Value: true },
      }),
    },
  ];
}

/** Everything that {@link handMade} touches, as EC2 has it. */
async function touched(made: Made): Promise<unknown> {
  const instance = "[SourceDestCheck, MetadataOptions]";
  return [
    await rulesToldByEc2(made),
    await made.table("describe_instances", `Reservations[].Instances[].[InstanceId, ${instance}]`),
    await made.table("describe_subnets", "Subnets[].[SubnetId, MapPublicIpOnLaunch]"),
  ];
}

/** The stack against the account that it made: nobody's changes are none, somebody's are found and put right. */
export function changesStory(stack: () => EmulatedStack, made: () => Made): void {
  const engine: Engine = (args) => {
    const { code, stdout, stderr } = stack().run(...args);
    assert.equal(code, 0, stdout + stderr);
    return Promise.resolve(stdout);
  };
  /** What `npm run drift` says of the account. */
  const drift = async (): Promise<readonly Finding[]> => {
    const { cloudResources } = readStackState(await engine(["stack", "export", "--show-secrets"], "capture"));
    const look = await lookAtAccount(cloudResources, engine);
    return look.seen ? look.findings : assert.fail(look.reason);
  };
  const subjects = (findings: readonly Finding[]): string[] =>
    findings.map(({ subject }) => subject.split(" ").at(-1) ?? "").sort();
  /** As `npm run up` puts right what it found. */
  const repair = async (findings: readonly Finding[]): Promise<void> => {
    const urns = findings.flatMap(({ repair: found }) => (found.by === "up" ? found.urns : []));
    await acknowledge(urns, engine);
    const { code, stdout } = stack().up();
    assert.equal(code, 0, stdout);
  };

  describe("An account as the stack made it", () => {
    it("is not changed by another up", () => {
      const { code, stdout } = stack().up("--expect-no-changes");
      assert.equal(code, 0, stdout);
    });

    it("gives a preview that refreshes nothing to change", () => {
      const { code, stdout, stderr } = stack().preview("--refresh", "--json");
      assert.equal(code, 0, stderr);
      const { steps } = previewSchema.parse(JSON.parse(stdout));
      assert.deepEqual(
        steps.filter(({ op }) => op !== "same" && op !== "refresh").map(({ urn }) => urn),
        [],
      );
    });

    it("is one without drift", async () => {
      assert.deepEqual(await drift(), []);
    });
  });

  describe("An account that somebody changed by hand", () => {
    it("has drifted, each change in its place with what was wanted, and is put right by up", async () => {
      const before = await touched(made());
      const changes = await handMade(made());
      for (const { question } of changes) await made().ask(question);
      assert.notDeepEqual(await touched(made()), before);
      const findings = await drift();
      assert.deepEqual(subjects(findings), changes.map(({ resource }) => resource).sort());
      const lines = findings.flatMap(({ diff }) => diff);
      for (const line of [
        '-metadataOptions.httpTokens: "required"',
        '+metadataOptions.httpTokens: "optional"',
      ])
        assert.ok(lines.includes(line), lines.join("\n"));
      await repair(findings);
      assert.deepEqual(await touched(made()), before);
      assert.deepEqual(await drift(), []);
    });

    it("has drifted where rules were added, which up takes away", async () => {
      const before = await rulesToldByEc2(made());
      const rule = { IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "198.51.100.0/24" }] };
      const added = { GroupId: made().idOf("sg", "bastion"), IpPermissions: [rule] };
      for (const direction of ["ingress", "egress"]) {
        const operation = `authorize_security_group_${direction}`;
        await made().ask({ service: "ec2", operation, parameters: added });
      }
      assert.equal((await rulesToldByEc2(made())).length, before.length + 2);
      const findings = await drift();
      assert.deepEqual(subjects(findings), ["machines-security-groups-bastion-no-other-rules"]);
      await repair(findings);
      assert.deepEqual(await rulesToldByEc2(made()), before);
    });
  });
}
