import type { PlanFragment } from "../../plan/plan";

/** 1 is an error, 2 a warning, as of a deprecated key (cloud-init: Failure states). */
const cloudInitIsDone = `status=$(cloud-init status) || [ $? -eq 2 ] || exit 1
[[ $status == *done* ]]`;

/** An instance that has been told everything: until cloud-init is done apt may be busy, and what it could not do it says. */
export function firstBoot(): PlanFragment {
  return {
    readiness: [
      {
        description: "cloud-init has ended without an error (cloud-init status --long says which)",
        command: ["bash", "-c", cloudInitIsDone],
        timeoutSeconds: 600,
      },
    ],
  };
}
