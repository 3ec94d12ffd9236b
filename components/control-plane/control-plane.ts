import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../hosts/host";
import type { AuthorityGenerations } from "../pki/authority-generations";
import type { EncryptionKeyOptions } from "../pki/encryption-generations";
import { ApplyPlan } from "../plan/apply-plan";
import { installed, type ArtifactCatalog } from "../plan/artifact-catalog";
import { mergeFragments } from "../plan/merge";
import type { PodSecurityDefaults } from "./admission";
import type { AuthenticationOptions } from "./authentication";
import type { AuthorizationOptions } from "./authorization";
import { bootstrapRbac } from "./bootstrap-rbac";
import { controllerManager } from "./controller-manager";
import type { EncryptionProvider } from "./encryption";
import { encryptionAtRest } from "./encryption-at-rest";
import { kubeApiserver, type AuditLogOptions } from "./kube-apiserver";
import { noWayBack } from "./no-way-back";
import { publishedAuthorities } from "./published-authorities";
import { scheduler } from "./scheduler";

/** Arguments of {@link ControlPlane}. */
export interface ControlPlaneArgs {
  readonly clusterName: string;
  /** The control plane hosts. */
  readonly hosts: readonly Host[];
  readonly etcdAddresses: readonly string[];
  readonly serviceClusterIpRange: string;
  /** How callers prove who they are. */
  readonly authentication: AuthenticationOptions["authentication"];
  /** Whether issuers of tokens are trusted beside the cluster itself. Default: false. */
  readonly trustsIssuers?: boolean | undefined;
  /** Modes of authorization, in order. */
  readonly authorizationMode: readonly string[];
  /** What the modes decide by. */
  readonly authorization: AuthorizationOptions["authorization"];
  readonly podSecurity: PodSecurityDefaults;
  readonly auditLog: AuditLogOptions;
  /** How secrets are encrypted in etcd (CIS 1.2.28). */
  readonly encryptionProvider: EncryptionProvider;
  /** With which keys. */
  readonly encryptionKeys: EncryptionKeyOptions;
  /** Which generations of the authorities are in use. Default: the first alone. */
  readonly authorities?: AuthorityGenerations | undefined;
  readonly artifacts: ArtifactCatalog;
}

/** API server, controller manager and scheduler on each control plane host, changed on one host at a time. */
export class ControlPlane extends pulumi.ComponentResource {
  public readonly applied: readonly ApplyPlan[];

  public constructor(name: string, args: ControlPlaneArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:controlPlane:ControlPlane", name, { authorizationMode: args.authorizationMode }, opts);
    const applied: ApplyPlan[] = [];
    for (const host of args.hosts) {
      const plan = mergeFragments({
        kubectl: { artifacts: [installed(args.artifacts, "kubectl")] },
        "no-way-back": noWayBack(installed(args.artifacts, "kube-apiserver").version),
        "kube-apiserver": kubeApiserver({ ...args, advertiseAddress: host.spec.address }),
        "kube-controller-manager": controllerManager(args),
        "kube-scheduler": scheduler(args),
        "bootstrap-rbac": bootstrapRbac(),
        // On the last one: any of them may be the one that writes, and those before this one know by now what to write.
        ...(host === args.hosts.at(-1)
          ? {
              "published-authorities": publishedAuthorities(args.authorities),
              "encryption-at-rest": encryptionAtRest(args),
            }
          : {}),
      });
      applied.push(
        new ApplyPlan(
          `${name}-${host.spec.name}`,
          { phase: "control-plane", connection: host.connection, plan },
          // The host before it first: a change that breaks an API server must not reach the next one.
          { parent: this, dependsOn: [...host.ready, ...applied.slice(-1)] },
        ),
      );
    }
    this.applied = applied;
    this.registerOutputs({});
  }
}
