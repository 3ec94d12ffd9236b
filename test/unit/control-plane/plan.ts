import { bootstrapRbac } from "../../../components/control-plane/bootstrap-rbac";
import { controllerManager } from "../../../components/control-plane/controller-manager";
import { encryptionAtRest } from "../../../components/control-plane/encryption-at-rest";
import { kubeApiserver } from "../../../components/control-plane/kube-apiserver";
import { scheduler } from "../../../components/control-plane/scheduler";
import { installed } from "../../../components/plan/artifact-catalog";
import { noWayBack } from "../../../components/control-plane/no-way-back";
import { mergeFragments } from "../../../components/plan/merge";
import { artifacts, controlPlaneArgs } from "../../support/fixture-cluster";

/** The plan of the fixture's only control plane host, put together from its subjects. */
export const controlPlanePlan = mergeFragments({
  kubectl: { artifacts: [installed(artifacts, "kubectl")] },
  "no-way-back": noWayBack("1.0.0"),
  "kube-apiserver": kubeApiserver({ ...controlPlaneArgs, advertiseAddress: "10.77.5.10" }),
  "kube-controller-manager": controllerManager(controlPlaneArgs),
  "kube-scheduler": scheduler(controlPlaneArgs),
  "bootstrap-rbac": bootstrapRbac(),
  "encryption-at-rest": encryptionAtRest(controlPlaneArgs),
});
