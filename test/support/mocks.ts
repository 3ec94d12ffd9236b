import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/** A resource as the program registered it. */
export interface RecordedResource {
  readonly type: string;
  readonly name: string;
  /** The parent in the resource tree; undefined is the stack itself. */
  readonly parent: { readonly type: string; readonly name: string } | undefined;
  /** False for components. */
  readonly custom: boolean;
  /** The explicit provider that makes it, as the engine refers to it; empty where there is none. */
  readonly provider: string;
  /** Inputs with secrets unwrapped. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Names of the inputs that are secret, or hold a secret. */
  readonly secretInputs: readonly string[];
  readonly opts: pulumi.CustomResourceOptions;
  /** The resource itself, as other resources' options name it. */
  readonly resource: pulumi.Resource;
}

/** What {@link recordStack} saw. */
export interface Recording<Result> {
  /** What the program returned. */
  readonly result: Result;
  /** All resources but the stack, in the order of their registration. */
  readonly resources: readonly RecordedResource[];
}

/** Computed properties of a resource: given its inputs and name, what the provider would add. */
export type ProviderMock = (
  inputs: Readonly<Record<string, unknown>>,
  name: string,
) => Record<string, unknown>;

/** Settings of {@link recordStack}. */
export interface RecordOptions {
  /** Mocks by type token, added to {@link defaultMocks}. */
  readonly mocks?: Readonly<Record<string, ProviderMock>>;
  /** Answers of functions by token. Default: none is expected to be called. */
  readonly calls?: Readonly<Record<string, (inputs: Readonly<Record<string, unknown>>) => object>>;
  /** Default: false. */
  readonly preview?: boolean;
}

/** The end of every mocked certificate. */
export const mockValidityEndTime = "2031-01-01T00:00:00Z";

/** A text that has a certificate's shape and says which resource it is of; nothing verifies it. */
const mockPem = (label: string, name: string): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(name).toString("base64")}\n-----END ${label}-----\n`;

/** Keys are real ones, because the program derives from them; certificates only name the resource that they are of. */
const mockPrivateKey: ProviderMock = () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    privateKeyPem: pulumi.secret(privateKey.export({ type: "sec1", format: "pem" }).toString()),
    privateKeyPemPkcs8: pulumi.secret(privateKey.export({ type: "pkcs8", format: "pem" }).toString()),
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
};

const mockCertificate: ProviderMock = (_inputs, name) => ({
  certPem: mockPem("CERTIFICATE", name),
  validityStartTime: "2026-01-01T00:00:00Z",
  validityEndTime: mockValidityEndTime,
});

/** What the providers of the stack would compute, as far as the program reads it. */
export const defaultMocks: Readonly<Record<string, ProviderMock>> = {
  "tls:index/privateKey:PrivateKey": mockPrivateKey,
  "tls:index/certRequest:CertRequest": (_inputs, name) => ({
    certRequestPem: mockPem("CERTIFICATE REQUEST", name),
  }),
  "tls:index/selfSignedCert:SelfSignedCert": mockCertificate,
  "tls:index/locallySignedCert:LocallySignedCert": mockCertificate,
  "command:remote:Command": () => ({
    stdout: '{"changed":[],"notApplicable":[]}\n',
    stderr: "",
  }),
  "command:local:Command": () => ({ stdout: "", stderr: "" }),
};

/** How the SDK marks a value on the wire that is not a plain one (`runtime/rpc`). */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSecret(value: unknown): value is { value: unknown } {
  return isRecord(value) && value[signatureKey] === secretSignature;
}

function holdsSecret(value: unknown): boolean {
  if (isSecret(value)) return true;
  if (Array.isArray(value)) return value.some(holdsSecret);
  return isRecord(value) && Object.values(value).some(holdsSecret);
}

function unwrap(value: unknown): unknown {
  if (isSecret(value)) return unwrap(value.value);
  if (Array.isArray(value)) return value.map(unwrap);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrap(inner)]));
}

const keyOf = (type: string, name: string): string => `${type} ${name}`;

/** The value of an output, and whether it is secret. */
export async function reveal<Value>(
  output: pulumi.Output<Value>,
): Promise<{ value: Value; secret: boolean }> {
  const value = await new Promise<Value>((resolve) => output.apply(resolve));
  return { value, secret: await pulumi.isSecret(output) };
}

/**
 * Runs a program as a stack against mocks and gives what it registered, when all of it is registered. Parents are read by a
 * stack transformation, because the mocks' own arguments don't show them.
 *
 * @throws what the program or a mock throws.
 */
export async function recordStack<Result>(
  program: () => Result | Promise<Result>,
  options: RecordOptions = {},
): Promise<Recording<Result>> {
  const mocks = { ...defaultMocks, ...options.mocks };
  const inputsOf = new Map<string, { inputs: Record<string, unknown>; custom: boolean; provider: string }>();
  await pulumi.runtime.setMocks(
    {
      call: (args) => {
        const answer = options.calls?.[args.token];
        if (answer === undefined) throw new Error(`unexpected call of the function ${args.token}`);
        return answer(args.inputs as Record<string, unknown>);
      },
      newResource: (args) => {
        const given = args.inputs as Record<string, unknown>;
        inputsOf.set(keyOf(args.type, args.name), {
          inputs: given,
          custom: args.custom === true,
          provider: args.provider ?? "",
        });
        const inputs = unwrap(given) as Record<string, unknown>;
        return {
          id: args.custom === true ? `${args.name}-id` : undefined,
          state: { ...given, ...mocks[args.type]?.(inputs, args.name) },
        };
      },
    },
    "redoubt",
    "test",
    options.preview === true,
  );

  const registered: pulumi.ResourceTransformationArgs[] = [];
  let outcome: { result: Result } | { error: unknown } | undefined;
  await pulumi.runtime.runInPulumiStack(async () => {
    pulumi.runtime.registerStackTransformation((args) => {
      registered.push(args);
      return undefined;
    });
    try {
      outcome = { result: await program() };
    } catch (error) {
      // Kept: thrown from here it would come out a second time, as a rejection that nobody handles.
      outcome = { error };
    }
  });
  if (outcome !== undefined && "error" in outcome) {
    await pulumi.runtime.disconnect();
    throw outcome.error;
  }
  assert.ok(outcome, "the program never ran");
  // Awaiting one may let the next be registered.
  for (const args of registered) await reveal(args.resource.urn);
  await pulumi.runtime.disconnect();

  const identities = new Map(registered.map((args) => [args.resource, { type: args.type, name: args.name }]));
  const resources = registered.map((args) => {
    const sent = inputsOf.get(keyOf(args.type, args.name));
    assert.ok(sent, `${args.type} ${args.name} never reached the engine`);
    return {
      type: args.type,
      name: args.name,
      parent: args.opts.parent === undefined ? undefined : identities.get(args.opts.parent),
      custom: sent.custom,
      provider: sent.provider,
      inputs: unwrap(sent.inputs) as Record<string, unknown>,
      secretInputs: Object.keys(sent.inputs).filter((key) => holdsSecret(sent.inputs[key])),
      opts: args.opts,
      resource: args.resource,
    };
  });
  return { result: outcome.result, resources };
}

/** The resources of one type, by name. */
export function ofType(recording: Recording<unknown>, type: string): Map<string, RecordedResource> {
  return new Map(
    recording.resources
      .filter((resource) => resource.type === type)
      .map((resource) => [resource.name, resource]),
  );
}

/** Fails on a child whose parent is the stack, or whose name does not start with its parent's. `roots` stand on their own. */
export function assertNamedUnderParents(recording: Recording<unknown>, roots: readonly string[]): void {
  for (const { type, name, parent } of recording.resources) {
    if (roots.includes(name)) continue;
    assert.ok(parent, `${type} ${name} has no parent`);
    assert.ok(
      name.startsWith(`${parent.name}-`),
      `${type} ${name} is not named after its parent ${parent.name}`,
    );
  }
}
