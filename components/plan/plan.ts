/**
 * A **host plan** is the typed desired state of one host. Everything that reaches a host is a plan first: pure functions
 * make fragments, {@link mergeFragments} joins them, `script.ts` renders one idempotent script and `manifest.ts` the list
 * of what must be true afterwards. Plain types only: nothing here knows Pulumi.
 */

/** A system group. */
export interface GroupSpec {
  readonly name: string;
}

/** A user of the host. */
export interface UserSpec {
  readonly name: string;
  /** Primary group, created when missing. Default: a group named as the user. */
  readonly group?: string;
  /** Supplementary groups, which must exist. Default: none. */
  readonly groups?: readonly string[];
  /** Home directory; created only when `system` is false. Default: `/nonexistent` for system users, `/home/NAME` else. */
  readonly home?: string;
  /** Login shell. Default: `/usr/sbin/nologin` for system users, `/bin/bash` else. */
  readonly shell?: string;
  /** A service account (useradd --system). Default: false. */
  readonly system?: boolean;
}

/** A directory; parents are made as root:root 0755. */
export interface DirectorySpec {
  readonly path: string;
  /** Default: `root`. */
  readonly owner?: string;
  /** Default: `root`. */
  readonly group?: string;
  /** Octal, four digits. Default: `0755`. */
  readonly mode?: string;
}

/** A text file that holds no secret: its content is shown in previews. Secrets travel as {@link SecretFileSpec}. */
export interface FileSpec extends DirectorySpec {
  /** The whole content, ending with a newline. */
  readonly content: string;
  /** Octal, four digits. Default: `0644`. */
  readonly mode?: string;
  /**
   * A command that must accept the new content before it replaces the old, `{}` being the path of the candidate, as in
   * `["/usr/sbin/sshd", "-t", "-f", "{}"]`. When it fails the old file stays and the script stops.
   */
  readonly validate?: readonly string[];
}

/** A symbolic link. */
export interface LinkSpec {
  readonly path: string;
  readonly target: string;
}

/** A program or archive that is fetched by URL and checked against its pinned sha256. */
export interface ArtifactSpec {
  readonly name: string;
  readonly version: string;
  /** `https://…`, or `file:///…` of a store that is mounted read-only: then the path becomes a link to it. */
  readonly url: string;
  /** Hex sha256 of what the URL gives. */
  readonly sha256: string;
  /** Where it is installed, as in `/usr/local/bin/kubelet`; root:root 0755. */
  readonly path: string;
}

/** One kernel parameter (sysctl.d(5)). */
export interface SysctlSpec {
  readonly key: string;
  readonly value: string;
  /** False when the parameter belongs to the whole kernel and so can't be set in a container. Default: true. */
  readonly namespaced?: boolean;
}

/** A kernel module to load, or to keep from loading (modprobe.d(5)). */
export interface KernelModuleSpec {
  readonly name: string;
  readonly state: "loaded" | "blocked";
}

/** Options that a mount point must carry (mount(8)). */
export interface MountSpec {
  readonly path: string;
  /** As in `["nosuid", "nodev", "noexec"]`. */
  readonly options: readonly string[];
}

/**
 * How a restart can't take a working unit down. While it runs and was ready before, new content of its files waits until `check` has
 * accepted it; when the unit does not become ready after the restart, the files that it was last ready with are put back, it is
 * restarted with them, and the run fails and says so. A unit that does not run yet is simply started.
 */
export interface SafeRestartSpec {
  /** Exits with 0 when the unit does its work. It may be run at any time, while the unit is down too. */
  readonly ready: readonly string[];
  /** Seconds from the restart until `ready` must hold. */
  readonly timeoutSeconds: number;
  /**
   * A command that must accept the new configuration while the old one still runs; `{}` is a folder in which the files that would
   * change lie under their full paths. Default: none, the restart itself is the test.
   */
  readonly check?: readonly string[];
  /** Files that belong to the configuration though a change of them restarts nothing. Default: none. */
  readonly alsoProtects?: readonly string[];
}

/** A systemd unit. */
export interface UnitSpec {
  /** With its suffix, as in `kubelet.service`. */
  readonly name: string;
  /** The unit file, written to `/etc/systemd/system/NAME`. Default: the unit that the distribution ships. */
  readonly content?: string;
  /** Default: true. */
  readonly enabled?: boolean;
  /** What it shall be doing after the run. Default: `started`. */
  readonly state?: "started" | "stopped" | "masked";
  /**
   * Files, links or artifacts whose change restarts the unit. Its own unit file always does. The digest of what the
   * running unit was started with is kept on the host, so a run that was cut off before the restart makes up for it.
   */
  readonly restartOn?: readonly string[];
  /** Protects it while it is restarted; its unit file, `restartOn` and the secret files that restart it are its configuration. */
  readonly safeRestart?: SafeRestartSpec;
  /** Files whose change only reloads it (systemctl reload). */
  readonly reloadOn?: readonly string[];
  /** True when a container can't run it; then it is reported as not applicable there. Default: false. */
  readonly needsOwnKernel?: boolean;
}

/** A condition that is watched on the host until it is true, before the plan begins or before it counts as applied. */
export interface ReadinessSpec {
  /** What is waited for, in words for the error. */
  readonly description: string;
  /** Run again and again until it exits with 0. */
  readonly command: readonly string[];
  /** Seconds until the plan fails. */
  readonly timeoutSeconds: number;
}

/** An idempotent command for what has no declarative form; it runs only while `unless` fails. */
export interface StepSpec {
  readonly description: string;
  readonly unless: readonly string[];
  readonly command: readonly string[];
}

/** Something that a container can't do, stated with its reason. */
export interface NotApplicableSpec {
  readonly what: string;
  readonly why: string;
}

/** The desired state of one host, or of one phase of it. Lists are applied in the order of the fields below. */
export interface HostPlan {
  /** First of all: what must be true of the rest of the cluster before anything of this host changes. */
  readonly preconditions: readonly ReadinessSpec[];
  /** Debian packages that must be installed. */
  readonly packages: readonly string[];
  readonly groups: readonly GroupSpec[];
  readonly users: readonly UserSpec[];
  readonly directories: readonly DirectorySpec[];
  readonly artifacts: readonly ArtifactSpec[];
  readonly files: readonly FileSpec[];
  readonly links: readonly LinkSpec[];
  /** Paths that must not exist. */
  readonly absent: readonly string[];
  readonly kernelModules: readonly KernelModuleSpec[];
  readonly sysctls: readonly SysctlSpec[];
  readonly mounts: readonly MountSpec[];
  /** After the files, before the units. */
  readonly steps: readonly StepSpec[];
  readonly units: readonly UnitSpec[];
  /** What must have become true. */
  readonly readiness: readonly ReadinessSpec[];
  /** Last: what needs the units to serve. */
  readonly closingSteps: readonly StepSpec[];
  /** Reported when the host is a container. */
  readonly notApplicableInContainer: readonly NotApplicableSpec[];
  /**
   * Files (of `files`) whose change could lock the operator out. They are changed behind a timed revert that a second
   * login cancels (`confirm` of `apply-plan.ts`), together with the command that makes a change (or its revert) effective.
   */
  readonly guarded: readonly GuardedSpec[];
}

/** See {@link HostPlan.guarded}. */
export interface GuardedSpec {
  readonly path: string;
  /** Makes the file's content effective, as in `["systemctl", "reload", "ssh.service"]`. */
  readonly activate: readonly string[];
}

/** A part of a plan, made by one subject, as `sshd` or `kubelet`. */
export type PlanFragment = Partial<HostPlan>;

/** A file that holds a secret, or belongs to one (a certificate to its key). Never part of a plan: see `secret-files.ts`. */
export interface SecretFileSpec {
  readonly path: string;
  readonly owner: string;
  readonly group: string;
  /** Octal, four digits. Default: `0600`. */
  readonly mode?: string;
  /** Text. */
  readonly content: string;
  /**
   * Units to restart when the file changed while they ran; a file that was not there before restarts nobody, because who runs
   * was started without it. Default: none.
   */
  readonly restart?: readonly string[];
}

/** What a run of a rendered script reports, as the last line of its stdout, in JSON. */
export interface HostReport {
  /** What was changed, as `file /etc/hosts`; empty when the host was as it should be. */
  readonly changed: readonly string[];
  readonly notApplicable: readonly NotApplicableSpec[];
}
