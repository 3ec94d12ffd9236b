import { existsSync } from "node:fs";
import { chmod, readdir } from "node:fs/promises";
import path from "node:path";
import { installDebianPackages } from "./debian-packages";
import { goToolchainSum, goVersion } from "./manifest";
import { execute } from "./process";

/** A Go of exactly the pinned version. */
export interface Go {
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Module names that have no entry in the checksum database; the committed go.sum pins them all the same. */
const withoutChecksumDatabase =
  "github.com/pulumi/*,github.com/k3s-io/kube-router/*,github.com/upbound/*,github.com/aquasecurity/kube-bench";

async function environment(program: string): Promise<NodeJS.ProcessEnv> {
  const proxies = (await execute(program, ["env", "GOPROXY"])).trim();
  return {
    ...process.env,
    CGO_ENABLED: "0",
    // Builds lie below a folder where others of the box write too: a go.work there would take modules' places.
    GOWORK: "off",
    GOFLAGS: "-mod=readonly -trimpath",
    GONOSUMDB: withoutChecksumDatabase,
    // Without "direct" a version that the proxy lacks fails at once instead of asking its repository.
    GOPROXY:
      proxies
        .split(",")
        .filter((proxy) => proxy !== "direct")
        .join(",") || proxies,
  };
}

async function minorOf(program: string): Promise<number | undefined> {
  try {
    const match = /go1\.(\d+)/.exec(await execute(program, ["version"]));
    return match?.[1] === undefined ? undefined : Number(match[1]);
  } catch {
    return undefined;
  }
}

/** Since 1.21 a Go fetches and verifies another version of itself when it is told to (go.dev/doc/toolchain). */
const firstSelfSwitchingMinor = 21;

/** The pinned Go: by the Go of the box when that can switch, else by Debian's, which fetches the same module. */
export async function findGo(): Promise<Go> {
  for (const program of ["go", "/usr/local/go/bin/go"]) {
    const minor = await minorOf(program);
    if (minor !== undefined && minor >= firstSelfSwitchingMinor) {
      return { program, env: { ...(await environment(program)), GOTOOLCHAIN: `go${goVersion}` } };
    }
  }
  await installDebianPackages(["golang-go"]);
  const env = await environment("go");
  const toolchain = `golang.org/toolchain@v0.0.1-go${goVersion}.linux-amd64`;
  const answer = await execute("go", ["mod", "download", "-json", toolchain], {
    env: { ...env, GOFLAGS: "" },
    cwd: "/",
  });
  const { Dir: folder, Sum: sum } = JSON.parse(answer) as { Dir: string; Sum: string };
  checkToolchainSum(toolchain, sum);
  await makeExecutable(folder);
  return { program: path.join(folder, "bin", "go"), env: { ...env, GOTOOLCHAIN: "local" } };
}

/**
 * Refuses a Go that is not the one that was reviewed, whatever a checksum database says.
 *
 * @throws when the sums differ.
 */
export function checkToolchainSum(module: string, sum: string): void {
  if (sum === goToolchainSum) return;
  throw new Error(
    `${module} has the checksum ${sum}, pinned is ${goToolchainSum}. Fix: check which Go the module proxy gives, then toolchain/manifest.ts`,
  );
}

/** Module archives carry no executable bits. */
async function makeExecutable(folder: string): Promise<void> {
  for (const below of ["bin", "pkg/tool/linux_amd64"]) {
    const programs = path.join(folder, below);
    if (!existsSync(programs)) continue;
    for (const name of await readdir(programs)) await chmod(path.join(programs, name), 0o755);
  }
}
