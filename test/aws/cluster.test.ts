import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { awsStack } from "../support/fixture-aws";
import { EmulatedAccount, EmulatedStack } from "./emulated-stack";
import { Made } from "./made";
import { changesStory } from "./stories/changes";
import { instancesStory } from "./stories/instances";
import { keyStory } from "./stories/key";
import { loadBalancerStory } from "./stories/load-balancer";
import { networkStory } from "./stories/network";
import { holdings, removalStory } from "./stories/removal";
import { securityGroupsStory } from "./stories/security-groups";
import { stateStory } from "./stories/state";

/**
 * The hosts of a cluster, made by the program's own code and the provider that also the vendor's plugin holds, in an account that moto
 * emulates, and asked of that account. It can't prove what moto does not do: IAM, limits, times, packets, what AWS refuses and
 * moto takes. No machine boots, so what is done on hosts is left out.
 */
describe("Three control planes and two workers on AWS", () => {
  const account = new EmulatedAccount();
  let untouched: Readonly<Record<string, unknown>> = {};
  let stack: EmulatedStack | undefined;
  let made: Made | undefined;
  const theStack = (): EmulatedStack => stack ?? assert.fail("there is no stack");
  const theMade = (): Made => made ?? assert.fail("nothing was made");

  before(async () => {
    await account.start();
    untouched = await holdings(account);
    stack = new EmulatedStack(account, "three-zones", awsStack());
  });
  after(() => {
    stack?.remove();
    account.stop();
  });

  it("are made by one up", async () => {
    const { code, stdout } = theStack().up();
    assert.equal(code, 0, stdout);
    made = await Made.by(account, "three-zones");
  });

  networkStory(theMade);
  securityGroupsStory(theMade, {
    features: [],
    apiClients: ["203.0.113.0/28"],
    operators: ["203.0.113.0/28"],
    podCidr: "10.244.0.0/16",
    nodePorts: [],
    hasWorkers: true,
    access: "bastion",
  });
  keyStory(theMade);
  instancesStory(theMade);
  loadBalancerStory(theMade);
  stateStory(theStack);
  changesStory(theStack, theMade);
  removalStory(account, theStack, () => untouched);
});
