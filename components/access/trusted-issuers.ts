import * as pulumi from "@pulumi/pulumi";
import type { TrustedIssuer } from "../control-plane/authentication-configuration";
import type { Host } from "../hosts/host";
import { ApplyPlan } from "../plan/apply-plan";
import { mergeFragments } from "../plan/merge";
import { paths } from "../plan/paths";
import type { PlanFragment } from "../plan/plan";
import { issuerChecks } from "./outside-checks";

/** Arguments of {@link TrustedIssuers}. */
export interface TrustedIssuersArgs {
  /** The control plane hosts. */
  readonly hosts: readonly Host[];
  /** Issuers outside the stack. */
  readonly outside: readonly TrustedIssuer[];
  /** The AuthenticationConfiguration as people read it: without the certificate that only the stack knows. */
  readonly shownConfiguration: string;
  /** What starts API servers with the configuration. */
  readonly controlPlane: readonly ApplyPlan[];
}

/**
 * Waits until the API server works with the file that lies there: it reads a new one by itself, and keeps the old when it does not
 * understand it, of which only its log would speak (kubernetes.io, "Authentication configuration from a file"). The copy beside it
 * makes a preview show the changed lines, and this be asked again after each change.
 */
export function configurationTaken(shownConfiguration: string): PlanFragment {
  const file = `${paths.kubeApiserver}/authentication.yaml`;
  const metric = "apiserver_authentication_config_controller_last_config_info";
  const script = `hash=$(sha256sum ${file}) || exit 1
# No answer says nothing, and not that all is well.
metrics=$(kubectl --kubeconfig=${paths.superAdminKubeconfig} --request-timeout=5s get --raw /metrics) || { echo 'the API server does not answer'; exit 1; }
# Older API servers have no such metric, and say only when they failed.
if grep --quiet '^${metric}' <<<"$metrics"; then grep --quiet "^${metric}.*hash=\\"sha256:\${hash%% *}\\"" <<<"$metrics" && exit 0
else ! grep --quiet '^apiserver_authentication_config_controller_automatic_reload_.*status="failure"' <<<"$metrics" && exit 0; fi
journalctl --unit=kube-apiserver --lines=1000 --output=cat | grep --after-context=1 'authentication config' | tail -n 1
exit 1`;
  return {
    files: [{ path: "/etc/redoubt/authentication.yaml", content: shownConfiguration }],
    readiness: [
      {
        description:
          "authentication, identityProvider: the API server works with its AuthenticationConfiguration",
        command: ["bash", "-c", script],
        // It tries a file for a minute, and looks at an issuer every ten seconds.
        timeoutSeconds: 130,
      },
    ],
  };
}

/** Says whether API servers took the issuers up, and whether each one outside the stack can be used: people would learn it one by one. */
export class TrustedIssuers extends pulumi.ComponentResource {
  public constructor(name: string, args: TrustedIssuersArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:access:TrustedIssuers", name, { outside: args.outside.map(({ url }) => url) }, opts);
    const plan = mergeFragments({
      // First: the API server takes no new file up while one of its issuers does not answer, and that says why.
      outside: issuerChecks(args.outside),
      configuration: configurationTaken(args.shownConfiguration),
    });
    for (const { spec, connection, ready } of args.hosts) {
      new ApplyPlan(
        `${name}-${spec.name}`,
        { phase: "trusted-issuers", connection, plan },
        { parent: this, dependsOn: [...ready, ...args.controlPlane.map(({ done }) => done)] },
      );
    }
    this.registerOutputs({});
  }
}
