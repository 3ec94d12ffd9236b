import * as policy from "@pulumi/policy";

/** Exported by `@pulumi/policy` for tests and rules, but left out of its types. */
interface Untyped {
  readonly UnknownValueError: new (sentinel: string, path: readonly string[]) => Error;
  readonly unknownCheckingProxy: <Props extends object>(props: Props) => Props;
}

/** `UnknownValueError`: thrown by reading what a preview does not know. `unknownCheckingProxy`: makes properties throw it. */
export const { UnknownValueError, unknownCheckingProxy } = policy as unknown as Untyped;
