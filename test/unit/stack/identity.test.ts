import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { before, describe, it } from "node:test";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { parse, stringify } from "yaml";
import { z } from "zod";
import {
  explanationSchema,
  identitiesOf,
  identityProblems,
  isPrecious,
  type Explanation,
  type Identity,
  type LandedIdentity,
} from "../../support/identity";
import { recordStack } from "../../support/mocks";
import { recordProgram } from "./program";

const folder = path.join(__dirname, "../../golden/identity");
const landedFile = path.join(folder, "landed.yaml");
const heading =
  "# What the resources of the last landed version are known by: their state must be taken over by every later version.\n" +
  "# Written with UPDATE_IDENTITY=1 when a version lands, never to make a test pass: see explained.yaml.\n";

const landedSchema = z.array(
  z.strictObject({ urn: z.string(), replacedBy: z.record(z.string(), z.unknown()) }),
);

function readLanded(): LandedIdentity[] {
  return landedSchema.parse(parse(readFileSync(landedFile, "utf8")));
}

function readExplained(): Explanation[] {
  return z
    .array(explanationSchema)
    .parse(parse(readFileSync(path.join(folder, "explained.yaml"), "utf8")) ?? []);
}

const fix =
  "Fix: keep its name, parent and type; or give it an alias; or, when the replacement is meant, add it with reason and operator's note to test/golden/identity/explained.yaml";

describe("the state of the last landed version", () => {
  let current: Identity[] = [];
  before(async () => {
    current = identitiesOf(await recordProgram());
    if (process.env["UPDATE_IDENTITY"] !== "1") return;
    const landed = current.map(({ urn, replacedBy }) => ({ urn, replacedBy }));
    writeFileSync(landedFile, `${heading}${stringify(landed, { lineWidth: 0 })}`);
  });

  it("is taken over: no host, authority, key of the cluster or etcd data is replaced", () => {
    const precious = readLanded().filter(isPrecious);
    const explained = readExplained().filter(isExplanationOfPrecious);
    assert.deepEqual(identityProblems(precious, current, explained), [], fix);
  });

  it("is taken over: nothing else is replaced either", () => {
    const others = readLanded().filter((item) => !isPrecious(item));
    const explained = readExplained().filter((entry) => !isExplanationOfPrecious(entry));
    assert.deepEqual(identityProblems(others, current, explained), [], fix);
  });

  it("holds hosts, authorities, the cluster's keys and etcd data", () => {
    const precious = readLanded().filter(isPrecious);
    for (const pattern of [
      /command:local:Command::machines-control-plane-0$/,
      /PrivateKey::pki-kubernetes-ca-key$/,
      /SelfSignedCert::pki-etcd-ca-certificate$/,
      /PrivateKey::pki-encryption-key$/,
      /^etcd data::etcd-control-plane-0$/,
    ]) {
      assert.ok(
        precious.some(({ urn }) => pattern.test(urn)),
        String(pattern),
      );
    }
  });

  it("lets new resources come", () => {
    const [, ...fewer] = readLanded();
    assert.deepEqual(identityProblems(fewer, current, readExplained()), []);
  });
});

function isExplanationOfPrecious({ urn }: Explanation): boolean {
  return isPrecious({ urn, replacedBy: {} });
}

interface Toy {
  readonly host?: string;
  readonly address?: string;
  readonly curve?: string;
  readonly hostAliases?: pulumi.Alias[];
  /** The machine is no child of the host any more. */
  readonly isRooted?: boolean;
  /** It says whose child it was. */
  readonly isClaimed?: boolean;
}

/** A host with a machine, and a key: small enough to break on purpose. */
async function toy(options: Toy = {}): Promise<Identity[]> {
  const {
    host = "host",
    address = "10.0.0.1",
    curve = "P256",
    isRooted = false,
    isClaimed = false,
  } = options;
  const recording = await recordStack(() => {
    const parent = new pulumi.ComponentResource(
      "redoubt:hosts:Toy",
      host,
      {},
      { aliases: options.hostAliases ?? [] },
    );
    new command.local.Command(
      `${host}-machine`,
      { create: "true", triggers: [address, "SHA256:differs"] },
      isRooted ? { aliases: isClaimed ? [{ parent }] : [] } : { parent },
    );
    new tls.PrivateKey(`${host}-key`, { algorithm: "ECDSA", ecdsaCurve: curve }, { parent });
    return {};
  });
  return identitiesOf(recording);
}

describe("a change of identity", () => {
  const problems = async (options: Toy, explained: readonly Explanation[] = []): Promise<string[]> =>
    identityProblems(await toy(), await toy(options), explained);

  it("is none when the program stays", async () => {
    assert.deepEqual(await problems({}), []);
  });

  it("is seen when a resource is renamed: it and its children would be deleted", async () => {
    assert.equal((await problems({ host: "other" })).length, 3);
  });

  it("is none when an alias of the component claims the old name, for its children too", async () => {
    assert.deepEqual(await problems({ host: "other", hostAliases: [{ name: "host" }] }), []);
  });

  it("is seen when the alias names another", async () => {
    assert.equal((await problems({ host: "other", hostAliases: [{ name: "hosts" }] })).length, 3);
  });

  it("is seen when a resource loses its parent, and healed by an alias", async () => {
    const [problem] = await problems({ isRooted: true });
    assert.match(problem ?? "", /redoubt:hosts:Toy\$command:local:Command::host-machine would be deleted/);
    assert.deepEqual(await problems({ isRooted: true, isClaimed: true }), []);
  });

  it("is seen when an input changes that replaces it", async () => {
    assert.match(
      (await problems({ address: "10.0.0.2" })).join(),
      /host-machine would be replaced: .*10\.0\.0\.1.*10\.0\.0\.2/,
    );
    assert.match((await problems({ curve: "P384" })).join(), /host-key would be replaced/);
  });

  it("may be explained, one by one", async () => {
    const entry = {
      urn: "redoubt:hosts:Toy$command:local:Command::host-machine",
      reason: "its address moves to the network of the hosts",
      operator: "drain the host before up, and restore what it held",
    };
    assert.deepEqual(await problems({ address: "10.0.0.2" }, [entry]), []);
    assert.match((await problems({ address: "10.0.0.2", curve: "P384" }, [entry])).join(), /^[^,]*host-key/);
    assert.match((await problems({}, [entry])).join(), /but it keeps its identity/);
  });

  it("needs a reason and a note for the operator", () => {
    assert.equal(explanationSchema.safeParse({ urn: "x", reason: "because", operator: "" }).success, false);
  });
});
