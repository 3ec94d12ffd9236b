import * as command from "@pulumi/command";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../hosts/host";
import type { AuthorityGenerations } from "../pki/authority-generations";
import { metricsServerUser } from "../pki/identities";
import { ApplyPlan } from "../plan/apply-plan";
import type { ArtifactCatalog } from "../plan/artifact-catalog";
import { asRoot } from "../plan/as-root";
import { mergeFragments } from "../plan/merge";
import { metricsServerPort } from "../plan/ports";
import { metricsServerRules } from "./metrics-rights";
import { metricsServer } from "./metrics-server";
import { renderWithdrawal } from "./withdrawal";

/** A control plane host, and what it goes with. */
export interface MetricsHost {
  readonly host: Host;
  /** Its machine: nothing is taken away from one that goes. Default: unknown. */
  readonly machine: pulumi.Resource | undefined;
}

/** Arguments of {@link ResourceMetrics}. */
export interface ResourceMetricsArgs {
  /** The control plane hosts. */
  readonly hosts: readonly MetricsHost[];
  /** PEM of every generation of `kubernetes-ca` that the stack trusts. */
  readonly serverAuthorities: pulumi.Input<string>;
  /** Which generations of the authorities are in use. Default: the first alone. */
  readonly authorities?: AuthorityGenerations | undefined;
  readonly artifacts: ArtifactCatalog;
}

const apiGroup = "rbac.authorization.k8s.io";
const namespace = "kube-system";
const serviceName = "metrics-server";

/**
 * The resource metrics API: metrics-server on every control plane host, because kubelets answer control planes alone, and the APIService that
 * leads API servers there. Each of them asks the one beside it (`internalTrafficPolicy: Local`), so nothing listens to the network: who is
 * without its metrics-server is without figures, and a host that is down takes nobody else's.
 */
export class ResourceMetrics extends pulumi.ComponentResource {
  public readonly applied: readonly ApplyPlan[];

  public constructor(name: string, args: ResourceMetricsArgs, opts: pulumi.ComponentResourceOptions) {
    super("redoubt:metrics:ResourceMetrics", name, {}, opts);
    const child = { parent: this };

    // What it may.
    const role = new kubernetes.rbac.v1.ClusterRole(
      `${name}-role`,
      { metadata: { name: metricsServerUser }, rules: metricsServerRules },
      child,
    );
    const binding = new kubernetes.rbac.v1.ClusterRoleBinding(
      `${name}-role-binding`,
      {
        metadata: { name: metricsServerUser },
        roleRef: { apiGroup, kind: "ClusterRole", name: metricsServerUser },
        subjects: [{ apiGroup, kind: "User", name: metricsServerUser }],
      },
      { parent: this, dependsOn: [role] },
    );

    // It itself, and how it goes when nobody wants it any more.
    this.applied = args.hosts.map(({ host, machine }) => {
      const { spec, connection, ready } = host;
      const withdrawal = new command.remote.Command(
        `${name}-${spec.name}-withdrawal`,
        {
          connection,
          delete: asRoot,
          stdin: renderWithdrawal(),
          logging: "none",
          addPreviousOutputInEnv: false,
        },
        { parent: this, dependsOn: [...ready], ...(machine === undefined ? {} : { deletedWith: machine }) },
      );
      const plan = mergeFragments({ "metrics-server": metricsServer({ ...args, address: spec.address }) });
      return new ApplyPlan(
        `${name}-${spec.name}`,
        { phase: "metrics-server", connection, plan },
        { parent: this, dependsOn: [withdrawal, binding] },
      );
    });

    // Where API servers find it, each its own.
    const labels = { "k8s-app": serviceName };
    const ports = { name: "https", port: metricsServerPort, protocol: "TCP" };
    const slice = new kubernetes.discovery.v1.EndpointSlice(
      `${name}-endpoints`,
      {
        metadata: {
          name: serviceName,
          namespace,
          labels: {
            ...labels,
            "kubernetes.io/service-name": serviceName,
            "endpointslice.kubernetes.io/managed-by": "redoubt",
          },
        },
        addressType: "IPv4",
        endpoints: args.hosts.map(({ host: { spec } }) => ({
          addresses: [spec.address],
          nodeName: spec.name,
        })),
        ports: [ports],
      },
      child,
    );
    const service = new kubernetes.core.v1.Service(
      `${name}-service`,
      {
        metadata: {
          name: serviceName,
          namespace,
          labels,
          // Endpoints are the slice's; waiting for a selector's would never end.
          annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: {
          internalTrafficPolicy: "Local",
          ports: [{ name: ports.name, port: 443, protocol: "TCP", targetPort: metricsServerPort }],
        },
      },
      child,
    );

    // Last, and first to go: an API that nobody serves keeps namespaces from being deleted (kubernetes.io/docs, "Finalizers").
    new kubernetes.apiregistration.v1.APIService(
      `${name}-api`,
      {
        metadata: { name: "v1beta1.metrics.k8s.io" },
        spec: {
          group: "metrics.k8s.io",
          version: "v1beta1",
          groupPriorityMinimum: 100,
          versionPriority: 100,
          service: { name: serviceName, namespace, port: 443 },
          caBundle: pulumi.output(args.serverAuthorities).apply((pem) => Buffer.from(pem).toString("base64")),
        },
      },
      { parent: this, dependsOn: [...this.applied, service, slice] },
    );
    this.registerOutputs({});
  }
}
