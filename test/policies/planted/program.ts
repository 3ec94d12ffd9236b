import * as pulumi from "@pulumi/pulumi";
import { plant } from "./mistakes";

/** The program of the project, with mistakes put into its resources on their way to the engine. */
export = async (): Promise<unknown> => {
  pulumi.runtime.registerStackTransformation(({ name, props, opts }) => ({
    props: plant(name, props),
    opts,
  }));
  // TypeScript wants the extension of what is imported while the program runs.
  return await import("../../../index.js");
};
