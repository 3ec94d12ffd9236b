import { checkFixedHosts, type FixedHosts } from "../components/config/fixed-hosts";
import { checkFixedSettings, type FixedSettings } from "../components/config/fixed-settings";
import { checkHostStep, type ListedHost } from "../components/config/host-step";
import { describeProblems } from "../components/config/problem";

/** What the last `up` says of the cluster. */
export interface ClusterOutputs {
  /** Undefined before the first `up`. */
  readonly fixedSettings?: FixedSettings | undefined;
  /** Undefined before the first `up`, and of a version that did not tell. */
  readonly fixedHosts?: FixedHosts | undefined;
  /** Undefined before the first `up`. */
  readonly nodeTable?: readonly ListedHost[] | undefined;
}

/** What is configured, as far as it is known: what is malformed is the program's to report. */
export interface WantedCluster {
  readonly fixedSettings: FixedSettings | undefined;
  readonly fixedHosts: FixedHosts | undefined;
  /** Hosts of an inventory; undefined for others, whose names and roles the program gives. */
  readonly listedHosts: readonly ListedHost[] | undefined;
}

/** Refuses what a running cluster can't be changed to, before anything changes. */
export function refuseClusterChange(running: ClusterOutputs, wanted: WantedCluster): void {
  const { fixedSettings, fixedHosts, nodeTable } = running;
  const problems = [
    ...(fixedSettings === undefined || wanted.fixedSettings === undefined
      ? []
      : checkFixedSettings(fixedSettings, wanted.fixedSettings)),
    ...(fixedHosts === undefined || wanted.fixedHosts === undefined
      ? []
      : checkFixedHosts(fixedHosts, wanted.fixedHosts)),
    ...(nodeTable === undefined || wanted.listedHosts === undefined
      ? []
      : checkHostStep(nodeTable, wanted.listedHosts)),
  ];
  if (problems.length > 0) throw new Error(describeProblems(problems));
}
