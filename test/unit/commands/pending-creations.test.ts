import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pendingOnAws, refusePendingOnAws, type PendingOperation } from "../../../commands/pending-creations";
import { stackUrn } from "../../../commands/stack";

const pending = (type: string, resourceType: string, name: string): PendingOperation => ({
  type,
  resource: { type: resourceType, urn: `urn:pulumi:prod::redoubt::${resourceType}::${name}` },
});
const onAws = [
  pending("creating", "aws:ec2/eip:Eip", "machines-bastion-address"),
  pending("creating", "aws:ec2/instance:Instance", "machines-worker-0-instance"),
];
/** What may be begun again, or was there before: the near misses. */
const harmless = [
  pending("creating", "command:remote:Command", "machines-worker-0-first-boot-apply"),
  pending("creating", "kubernetes:core/v1:Namespace", "app"),
  pending("creating", "tls:index/privateKey:PrivateKey", "machines-admin-key"),
  pending("creating", "pulumi:providers:aws", "machines-aws"),
  pending("updating", "aws:ec2/instance:Instance", "machines-worker-1-instance"),
  pending("deleting", "aws:ec2/eip:Eip", "machines-network-nat-eu-central-1a-address"),
];

describe("What an engine had begun when it was killed", () => {
  it("may be begun again where it is no creation on AWS", () => {
    assert.deepEqual(pendingOnAws(harmless), []);
    refusePendingOnAws("prod", stackUrn("prod"), harmless);
    refusePendingOnAws("prod", stackUrn("prod"), []);
  });

  it("may be there twice where it is one: each is named", () => {
    assert.deepEqual(
      pendingOnAws([...harmless, ...onAws]),
      onAws.map(({ resource }) => resource.urn),
    );
  });

  it("keeps up from going on, with where to look and the command that drops what was looked after", () => {
    assert.throws(
      () => {
        refusePendingOnAws("prod", stackUrn("prod"), [...harmless, ...onAws]);
      },
      ({ message }: Error) => {
        for (const { resource } of onAws) assert.ok(message.includes(`\n  - ${resource.urn}\n`));
        for (const { resource } of harmless) assert.ok(!message.includes(resource.urn), resource.urn);
        assert.match(message, /tags redoubt:stack = prod and Name/);
        assert.match(
          message,
          /pulumi refresh --yes --skip-preview --clear-pending-creates --target 'urn:pulumi:prod::redoubt::pulumi:pulumi:Stack::redoubt-prod' --stack prod$/,
        );
        return true;
      },
    );
  });
});
