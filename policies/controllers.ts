import { goBoolean } from "./go-boolean";
import {
  absent,
  atLeast,
  equals,
  equalsOrUnset,
  flagRule,
  present,
  programRule,
  type Expectation,
} from "./programs";
import type { ResourceRule } from "./rule";
import { flagFile } from "./structured-files";

const controllerManager = "kube-controller-manager";
const scheduler = "kube-scheduler";

/** Feature gates as `Name=true,Other=false`; of one that is named twice the last counts. */
const gateNotOff =
  (gate: string): Expectation =>
  (value) => {
    const gates = new Map(
      (value ?? "").split(",").map((item) => {
        const [name = "", state] = item.split("=");
        return [name.trim(), goBoolean(state?.trim())] as const;
      }),
    );
    return gates.get(gate) === false ? `turns ${gate} off` : undefined;
  };

/** Command lines of controller manager and scheduler. */
export const controllerRules: readonly ResourceRule[] = [
  flagRule(
    controllerManager,
    {
      id: "controllers-pod-gc",
      cis: ["1.3.1"],
      rule: "finished pods are collected before they are thousands",
      why: "the default of 12500 lets anybody who may make pods fill etcd",
      fix: "set --terminated-pod-gc-threshold to a number below the default",
      level: "advisory",
    },
    {
      "terminated-pod-gc-threshold": (value) =>
        atLeast(1)(value) ?? (Number(value) < 12500 ? undefined : `is ${value ?? ""}`),
    },
  ),
  flagRule(
    controllerManager,
    {
      id: "controllers-manager-profiling",
      cis: ["1.3.2"],
      rule: "profiling of the controller manager is off",
      why: "profiles show what it works on",
      fix: "set --profiling=false",
    },
    { profiling: equals("false") },
  ),
  flagRule(
    controllerManager,
    {
      id: "controllers-service-account-credentials",
      cis: ["1.3.3"],
      rule: "every controller has an account of its own",
      why: "else each of them may do what all of them may",
      fix: "set --use-service-account-credentials=true",
    },
    { "use-service-account-credentials": equals("true") },
  ),
  flagRule(
    controllerManager,
    {
      id: "controllers-service-account-key",
      cis: ["1.3.4"],
      rule: "service account tokens are signed with a key that is declared",
      why: "else they are made with another, and can't be rotated",
      fix: "set --service-account-private-key-file",
    },
    { "service-account-private-key-file": present },
  ),
  flagRule(
    controllerManager,
    {
      id: "controllers-root-ca",
      cis: ["1.3.5"],
      rule: "pods get the certificate of the authority",
      why: "else they can't verify the API server, and talk to whoever answers",
      fix: "set --root-ca-file",
    },
    { "root-ca-file": present },
  ),
  flagRule(
    controllerManager,
    {
      id: "controllers-rotate-kubelet-server-certificate",
      cis: ["1.3.6"],
      rule: "renewal of kubelets' serving certificates is not turned off",
      why: "certificates that nobody renews are made to live long",
      fix: "take RotateKubeletServerCertificate=false out of --feature-gates",
    },
    { "feature-gates": gateNotOff("RotateKubeletServerCertificate") },
  ),
  flagRule(
    controllerManager,
    {
      id: "controllers-manager-bind-address",
      cis: ["1.3.7"],
      rule: "the controller manager listens on loopback only",
      why: "its metrics and health are nobody else's business",
      fix: "set --bind-address=127.0.0.1",
    },
    { "bind-address": equals("127.0.0.1"), port: absent },
  ),
  programRule(
    scheduler,
    {
      id: "controllers-scheduler-profiling",
      cis: ["1.4.1"],
      rule: "profiling of the scheduler is off",
      why: "profiles show what it works on",
      fix: "set --profiling=false, or enableProfiling: false in the file of --config",
    },
    (program, script) => {
      const flag = program.flags.get("profiling");
      // With a file the flag has no effect (kube-scheduler(8), --profiling), but CIS looks for it.
      const file = flagFile(program, "config", script);
      if (file !== undefined && file.content["enableProfiling"] !== false) {
        return [{ where: file.path, what: "enableProfiling is not false" }];
      }
      return file !== undefined || goBoolean(flag) === false
        ? []
        : [{ what: `--profiling is ${flag ?? "not set"}` }];
    },
  ),
  flagRule(
    scheduler,
    {
      id: "controllers-scheduler-bind-address",
      cis: ["1.4.2"],
      rule: "the scheduler listens on loopback only",
      why: "its metrics and health are nobody else's business",
      fix: "set --bind-address=127.0.0.1",
    },
    { "bind-address": equalsOrUnset("127.0.0.1"), port: absent },
  ),
];
