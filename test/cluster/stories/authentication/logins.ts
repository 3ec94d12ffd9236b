import assert from "node:assert/strict";
import { parse, stringify } from "yaml";
import { runProgram, type ClusterOutputs, type Outcome, type TestCluster } from "../../../support/cluster";

/** Who the API server takes a caller for. */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
}

/** Logs in to a cluster in every way, and changes which ways there are. */
export class Logins {
  public readonly cluster: TestCluster;
  #outputs: ClusterOutputs | undefined;

  public constructor(cluster: TestCluster) {
    this.cluster = cluster;
  }

  /** Outputs after the last change. */
  public get outputs(): ClusterOutputs {
    return (this.#outputs ??= this.cluster.outputs());
  }

  public get controlPlane(): string {
    const node = this.outputs.nodeTable.find(({ role }) => role === "control-plane");
    assert.ok(node);
    return node.name;
  }

  /** This box's address in the cluster's network. */
  public get boxAddress(): string {
    return (this.outputs.nodeTable[0]?.address ?? "").replace(/\.\d+$/, ".1");
  }

  /** Sets a secret of the stack's configuration, by stdin. */
  public setSecret(path: string, value: string): void {
    const args = ["config", "set", "--secret", "--path", path, "--stack", this.cluster.stack];
    const { code, stderr } = runProgram("pulumi", args, {
      env: this.cluster.shellEnvironment(),
      input: value,
    });
    assert.equal(code, 0, stderr);
  }

  /** Runs `up` and fails when it does. */
  public async up(): Promise<Outcome> {
    const outcome = await this.cluster.npmRun("up");
    assert.equal(outcome.code, 0, outcome.stdout + outcome.stderr);
    this.#outputs = undefined;
    return outcome;
  }

  /** A kubeconfig that shows a bearer token. */
  public withToken(token: string): string {
    const admin = parse(this.outputs.kubeconfig) as { users: { user: object }[] };
    const [entry] = admin.users;
    assert.ok(entry);
    entry.user = { token };
    return stringify(admin, { lineWidth: 0 });
  }

  public certificateOf(user: string): string {
    const kubeconfig = this.outputs.userKubeconfigs[user];
    assert.ok(kubeconfig, `no kubeconfig for ${user}`);
    return kubeconfig;
  }

  public admin(args: readonly string[], input = ""): Outcome {
    return this.cluster.kubectl(this.outputs.kubeconfig, args, input);
  }

  /** Runs kubectl as the administrator, who must not fail. */
  public adminText(args: readonly string[], input = ""): string {
    const { code, stdout, stderr } = this.admin(args, input);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  /**
   * Who the bearer of a kubeconfig is; undefined when the API server answers 401.
   *
   * @param patience Seconds until the answer must be there.
   */
  public who(kubeconfig: string, patience = 20): UserInfo | undefined {
    const args = ["auth", "whoami", "--output=json", `--request-timeout=${patience}s`];
    const { code, stdout, stderr } = this.cluster.kubectl(kubeconfig, args);
    if (code === 0) return (JSON.parse(stdout) as { status: { userInfo: UserInfo } }).status.userInfo;
    assert.match(stderr, /Unauthorized/);
    return undefined;
  }

  /** Whether a request is answered, and not forbidden. */
  public may(kubeconfig: string, ...args: readonly string[]): boolean {
    const { code, stderr } = this.cluster.kubectl(kubeconfig, args);
    if (code !== 0) assert.match(stderr, /Forbidden|forbidden/);
    return code === 0;
  }

  /** Runs a command on the control plane. */
  public onControlPlane(command: string): string {
    const { code, stdout, stderr } = this.cluster.ssh(this.outputs, this.controlPlane, command);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  /** When the running API server started; the same before and after means that it did not restart. */
  public apiServerStart(): string {
    return this.onControlPlane("systemctl show --property=ActiveEnterTimestampMonotonic kube-apiserver");
  }

  /** Whether the audit log holds a request of a user. */
  public isAudited(username: string): boolean {
    const pattern = `"username":"${username}"`;
    const found = this.cluster.ssh(
      this.outputs,
      this.controlPlane,
      `sudo grep --count --fixed-strings '${pattern}' /var/log/kubernetes/audit.log`,
    );
    return Number(found.stdout) > 0;
  }
}
