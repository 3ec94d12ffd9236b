import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { AuthorityGenerations } from "../pki/authority-generations";
import { dnsPodPort } from "../plan/ports";
import { dnsPods } from "./default-deny";

/** Arguments of {@link CoreDns}. */
export interface CoreDnsArgs {
  readonly image: string;
  readonly clusterDomain: string;
  /** Address of the DNS service, the one that kubelets give to pods. */
  readonly clusterIp: string;
  readonly replicas: number;
  /** IPv4 addresses of resolvers for names outside the cluster. Empty: such names are refused. */
  readonly upstreamResolvers: readonly string[];
  /**
   * Which generations of the authorities are in use: pods are made anew when another one issues, because they read at start whom to
   * trust. Default: the first alone.
   */
  readonly authorities?: AuthorityGenerations | undefined;
}

const namespace = dnsPods.namespace;
const labels = { ...dnsPods.podLabels };
const healthPort = 8080;
const readyPort = 8181;

/**
 * The Corefile. `pods disabled` is the default of the plugin: a name per pod address would tell every pod about all others.
 * Metrics stay off until something is there to scrape them.
 */
export function renderCorefile(clusterDomain: string, upstreamResolvers: readonly string[]): string {
  const forward = upstreamResolvers.length === 0 ? "" : `    forward . ${upstreamResolvers.join(" ")}\n`;
  return `.:${dnsPodPort} {
    errors
    health :${healthPort} {
        lameduck 5s
    }
    ready :${readyPort}
    kubernetes ${clusterDomain} in-addr.arpa ip6.arpa {
        ttl 30
    }
${forward}    cache 30
    loop
    reload
    loadbalance
}
`;
}

/** Cluster DNS: CoreDNS as pods that need no privilege at all (Pod Security Standard "restricted"). */
export class CoreDns extends pulumi.ComponentResource {
  public readonly deployment: kubernetes.apps.v1.Deployment;
  /** What must have rolled out before DNS answers. */
  public readonly rollout: {
    readonly namespace: string;
    readonly deployment: string;
    readonly image: string;
  };

  public constructor(name: string, args: CoreDnsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:network:CoreDns", name, { clusterIp: args.clusterIp }, opts);
    const metadata = { name: "coredns", namespace, labels };

    // Who it is and what it may read.
    const account = new kubernetes.core.v1.ServiceAccount(
      `${name}-service-account`,
      { metadata, automountServiceAccountToken: false },
      { parent: this },
    );
    const role = new kubernetes.rbac.v1.ClusterRole(
      `${name}-role`,
      {
        metadata: { name: "redoubt:coredns" },
        rules: [
          { apiGroups: [""], resources: ["services", "namespaces"], verbs: ["list", "watch"] },
          { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
        ],
      },
      { parent: this },
    );
    const binding = new kubernetes.rbac.v1.ClusterRoleBinding(
      `${name}-role-binding`,
      {
        metadata: { name: "redoubt:coredns" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "redoubt:coredns" },
        subjects: [{ kind: "ServiceAccount", name: "coredns", namespace }],
      },
      { parent: this },
    );

    // What it answers, and where.
    const corefile = renderCorefile(args.clusterDomain, args.upstreamResolvers);
    const configuration = new kubernetes.core.v1.ConfigMap(
      `${name}-configuration`,
      { metadata, data: { Corefile: corefile } },
      { parent: this },
    );
    const service = new kubernetes.core.v1.Service(
      `${name}-service`,
      {
        metadata: {
          name: "kube-dns",
          namespace,
          labels: { ...labels, "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS" },
          // The service is there before its pods are; waiting for endpoints is the deployment's part.
          annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: {
          clusterIP: args.clusterIp,
          selector: labels,
          ports: [
            { name: "dns", port: 53, protocol: "UDP", targetPort: dnsPodPort },
            { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: dnsPodPort },
          ],
        },
      },
      { parent: this },
    );

    // The pods.
    this.deployment = new kubernetes.apps.v1.Deployment(
      `${name}-deployment`,
      {
        // The probe waits for it, beside everything else that it waits for.
        metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
        spec: { replicas: args.replicas, selector: { matchLabels: labels }, template: podTemplate(args) },
      },
      { parent: this, dependsOn: [account, role, binding, configuration, service] },
    );
    new kubernetes.policy.v1.PodDisruptionBudget(
      `${name}-disruption-budget`,
      {
        metadata: { name: "coredns", namespace, annotations: { "pulumi.com/skipAwait": "true" } },
        spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
      },
      { parent: this },
    );
    this.rollout = { namespace, deployment: metadata.name, image: args.image };
    this.registerOutputs({ clusterIp: args.clusterIp });
  }
}

/** The pod of the deployment. */
function podTemplate(args: CoreDnsArgs): kubernetes.types.input.core.v1.PodTemplateSpec {
  const issuing = args.authorities?.issuing ?? 1;
  return {
    metadata: {
      labels,
      ...(issuing === 1 ? {} : { annotations: { "redoubt.io/authorities": String(issuing) } }),
    },
    spec: {
      serviceAccountName: "coredns",
      // The only pod of the system that talks to the API server says so itself.
      automountServiceAccountToken: true,
      priorityClassName: "system-cluster-critical",
      dnsPolicy: "Default",
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65532,
        runAsGroup: 65532,
        seccompProfile: { type: "RuntimeDefault" },
      },
      tolerations: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }],
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "kubernetes.io/hostname",
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector: { matchLabels: labels },
        },
      ],
      containers: [
        {
          name: "coredns",
          image: args.image,
          imagePullPolicy: "IfNotPresent",
          args: ["-conf", "/etc/coredns/Corefile"],
          ports: [
            { name: "dns", containerPort: dnsPodPort, protocol: "UDP" },
            { name: "dns-tcp", containerPort: dnsPodPort, protocol: "TCP" },
          ],
          resources: { requests: { cpu: "50m", memory: "70Mi" }, limits: { memory: "170Mi" } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
          livenessProbe: {
            httpGet: { path: "/health", port: healthPort },
            periodSeconds: 10,
            failureThreshold: 5,
          },
          readinessProbe: {
            httpGet: { path: "/ready", port: readyPort },
            periodSeconds: 1,
            failureThreshold: 3,
          },
          volumeMounts: [{ name: "configuration", mountPath: "/etc/coredns", readOnly: true }],
        },
      ],
      volumes: [{ name: "configuration", configMap: { name: "coredns" } }],
    },
  };
}
