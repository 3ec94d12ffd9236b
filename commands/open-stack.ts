import path from "node:path";
import { settingsSchema } from "../components/config/schema";
import { ensureEnginePlugin, enginePlugins, fetchByEngine } from "../toolchain/engine-plugin";
import { ensureToolchain, type ToolSource } from "../toolchain/ensure";
import { hostProviderOf } from "./host-provider";
import { attemptedBy } from "./attempted";
import { refuseAuthoritySkip } from "./authority-step";
import { refuseClusterChange } from "./cluster-step";
import { refuseEncryptionSkip } from "./encryption-step";
import { refuseManyStops } from "./instance-step";
import { refuseIssuerChange, refuseKeySkip } from "./key-step";
import { refusePendingOnAws } from "./pending-creations";
import { refusePlainSecrets } from "./plain-secrets";
import { refuseHalfRemoved } from "./removal";
import { run } from "./shell";
import { refuseStackKeySkip } from "./stack-key-step";
import {
  backendEnvironment,
  ensureStack,
  forgetPendingOperations,
  isLocked,
  projectFolder,
  releaseStaleLock,
  stackUrn,
} from "./stack";
import { readConfiguration } from "./stack-configuration";
import {
  isStateEmpty,
  readState,
  type StackOutputs,
  type StackState,
  type StateResource,
} from "./stack-outputs";
import { temporaryFolder } from "./temporary-folder";
import { refuseVersionSkip, runningVersions } from "./version-step";

/** Options that all commands on a stack share. */
export interface StackOptions {
  readonly stack: string;
  readonly source: ToolSource;
}

/** The version that is wanted where the configuration names none. */
const defaultVersion = settingsSchema.shape.kubernetes.parse(undefined).version;

/**
 * Everything that a `pulumi` command of this project needs: tools, plugins, state backend, passphrase.
 *
 * @returns the environment to run it with.
 */
export async function prepareEnvironment(options: StackOptions): Promise<NodeJS.ProcessEnv> {
  const { kubernetesVersion, architecture, parts } = readConfiguration(options.stack);
  const hostProvider = hostProviderOf(options.stack);
  const localMachines = hostProvider === "local";
  const { source } = options;
  const wanted = { kubernetesVersion, architecture, parts, localMachines };
  const toolchain = await ensureToolchain({ source, ...wanted });
  const environment = { ...process.env, ...toolchain.environment };
  for (const plugin of enginePlugins.filter(({ name }) => name === hostProvider)) {
    await ensureEnginePlugin(plugin, fetchByEngine(environment));
  }
  return { ...environment, ...backendEnvironment(), TMPDIR: temporaryFolder() };
}

/**
 * With machines of this box that belong to the stack: brings them back after a reboot, or deletes them. Does nothing for hosts
 * elsewhere.
 */
async function localMachines(verb: "start-all" | "delete-all", stack: string): Promise<void> {
  const script = path.join(projectFolder, "components/hosts/local/machine.sh");
  await run(script, [verb, readConfiguration(stack).clusterName]);
}

/** A stack on which the engine may run. */
export interface OpenedStack {
  /** What `pulumi` runs with. */
  readonly environment: NodeJS.ProcessEnv;
  /** The stack's outputs as they were after its last `up`. */
  readonly outputs: StackOutputs;
  /** What its state holds, secrets encrypted. */
  readonly resources: readonly StateResource[];
  /** Whether the engine was killed on its last run, so that nobody wrote down what it had changed. */
  readonly cutOff: boolean;
  /** As {@link hostProviderOf}. */
  readonly hostProvider: string | undefined;
  /** Whether an `up` would be the first of machines of this box: what it makes can be thrown away and made anew. */
  readonly isFirst: boolean;
}

/** Refuses a configuration that a running cluster can't be brought to in one step, before anything changes. */
function refuseSkips(stack: string, { outputs, resources }: StackState): void {
  const { kubernetesVersion, serviceAccountKeys, issuers, authorities, encryptionKeys, stackKeys, ...hosts } =
    readConfiguration(stack);
  refuseClusterChange(outputs, hosts.cluster);
  refuseManyStops(resources, hosts.controlPlaneType);
  const running = runningVersions(outputs.kubernetesVersion, resources);
  refuseVersionSkip(running, kubernetesVersion ?? defaultVersion);
  // From where the last one ended that ended well, and from where one was that ended half-way.
  const attempted = attemptedBy(resources);
  refuseKeySkip(outputs.serviceAccountKeys, serviceAccountKeys, attempted.serviceAccountKeys);
  refuseIssuerChange(outputs.serviceAccountIssuer?.issuer, issuers);
  refuseAuthoritySkip(outputs, authorities, attempted.authorities);
  refuseEncryptionSkip(outputs, encryptionKeys, attempted.encryptionKeys);
  refuseStackKeySkip(outputs, stackKeys, attempted.stackKeys, resources);
}

/** What a stack is opened for. What is removed takes no step, whatever its configuration says; what is removed whole need not run. */
export type Purpose = "look" | "change" | "removal-of-a-part" | "removal";

/** Prepares the stack: tools, state, no stale lock, no step that is too wide, machines running. */
export async function openStack(options: StackOptions, purpose: Purpose): Promise<OpenedStack> {
  if (purpose !== "removal") refuseHalfRemoved(options.stack);
  const environment = await prepareEnvironment(options);
  await ensureStack(options.stack, environment);
  const state = await readState(options.stack, environment);
  const { outputs, resources } = state;
  // Before the lock: what is refused must leave the next one to know that an engine was killed.
  if (purpose === "change" || purpose === "look") {
    refusePlainSecrets(options.stack);
    refuseSkips(options.stack, state);
  }
  // A preview needs no lock; taken away by one, the next up would not know that an engine was killed.
  const cutOff = purpose !== "look" && (await releaseStaleLock(options.stack, environment));
  if (cutOff)
    process.stderr.write(`stack ${options.stack}: released the lock of an engine that was killed\n`);
  // Where an engine is at work, what it does right now is pending too: then Pulumi says who holds the lock.
  if (purpose !== "look" && !isLocked(options.stack, environment)) {
    refusePendingOnAws(options.stack, stackUrn(options.stack), state.pending);
  }
  if (cutOff && state.pending.length > 0) await forgetPendingOperations(options.stack, environment);
  const hostProvider = hostProviderOf(options.stack);
  const isFirst = hostProvider === "local" && isStateEmpty(options.stack, environment, state);
  // What a first up had made when it was killed, no state knows of.
  if (purpose === "change" && isFirst && cutOff) await localMachines("delete-all", options.stack);
  else if (purpose !== "removal") await localMachines("start-all", options.stack);
  return { environment, outputs, resources, cutOff, hostProvider, isFirst };
}

/**
 * Many small SSH commands wait more than they work, so more of them run at once than Pulumi's default of four per core.
 */
export const engineParallelism = "32";

/**
 * How everything is removed. The preview stays, though nobody reads it: only there a protected resource keeps the engine from
 * beginning; without it, all that is not protected would be gone before the engine refuses the rest.
 */
export const destroyArguments: readonly string[] = ["--yes", "--parallel", engineParallelism];

/** Runs `pulumi VERB` on the stack; arguments of the user are passed on. */
export async function pulumi(
  verb: string,
  stack: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  await run("pulumi", [verb, "--stack", stack, ...args], { cwd: projectFolder, env });
}
