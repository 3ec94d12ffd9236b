import { z } from "zod";
import { run } from "./shell";
import { projectFolder } from "./stack";

/** Outputs that commands look at; a stack that was never up has none. */
const outputsSchema = z.looseObject({
  /** Version that runs. */
  kubernetesVersion: z.string().optional(),
  /** Keys of service account tokens in use. */
  serviceAccountKeys: z.object({ signingKey: z.number(), acceptedKeys: z.array(z.number()) }).optional(),
  /** Certificate → notAfter (RFC 3339). */
  certificateExpiry: z.record(z.string(), z.string()).optional(),
});
/** Outputs that commands look at, those that the stack has. */
export type StackOutputs = z.infer<typeof outputsSchema>;

/** The stack's outputs as they were after its last `up`; secrets stay hidden. */
export async function stackOutputs(stack: string, env: NodeJS.ProcessEnv): Promise<StackOutputs> {
  const args = ["stack", "output", "--json", "--stack", stack];
  const text = await run("pulumi", args, { cwd: projectFolder, env, stdout: "capture" });
  return outputsSchema.parse(JSON.parse(text));
}
