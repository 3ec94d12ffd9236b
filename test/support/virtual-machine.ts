import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { openSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DebianSuite } from "../../toolchain/host-packages";
import { runProgram } from "./cluster";
import { must, type ForeignMachine, type ForeignNetwork } from "./foreign-network";
import { ensureVmImage } from "./vm-image";

/** Whether an SSH server says who it is. */
function sshAnswers(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port: 22, timeout: 2000 });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("data", (data) => {
      end(data.toString().startsWith("SSH-"));
    });
    for (const event of ["error", "timeout", "close"])
      socket.on(event, () => {
        end(false);
      });
  });
}

/**
 * A QEMU virtual machine with Debian's own kernel, on the bridge of a {@link ForeignNetwork}. Its disk is thrown away when it stops.
 * The processor is emulated, as everywhere where there is no KVM; `REDOUBT_TEST_ACCELERATOR=kvm` uses that.
 */
export class VirtualMachine {
  private process: ChildProcess | undefined;
  private readonly tap: string;

  public constructor(
    private readonly network: ForeignNetwork,
    private readonly name: string,
    private readonly suite: DebianSuite,
  ) {
    this.tap = `rdt-${createHash("sha256").update(network.bridge).digest("hex").slice(0, 8)}`;
  }

  /** The end of what its console said. */
  public get console(): string {
    return runProgram("tail", ["-n", "20", path.join(this.network.folder, "console.log")]).stdout;
  }

  /** Starts it; it is there when it answers. `last` is the last byte of its address. */
  public async start(last: number): Promise<ForeignMachine> {
    const image = await ensureVmImage(this.suite);
    const { network, tap } = this;
    const address = `${network.prefix}.${last}`;
    must(runProgram("ip", ["tuntap", "add", "dev", tap, "mode", "tap"]));
    must(runProgram("ip", ["link", "set", "dev", tap, "master", network.bridge, "up"]));
    const log = openSync(path.join(network.folder, "qemu.log"), "a");
    const append = `root=/dev/vda rw console=ttyS0 quiet net.ifnames=0 mitigations=off ip=${address}:::255.255.255.0::eth0:none`;
    this.process = spawn(
      "qemu-system-x86_64",
      [
        ...["-nodefaults", "-no-user-config", "-machine", "q35", "-cpu", "max", "-smp", "2", "-m", "1536"],
        ...["-accel", process.env["REDOUBT_TEST_ACCELERATOR"] ?? "tcg,thread=multi"],
        ...["-display", "none", "-serial", `file:${path.join(network.folder, "console.log")}`],
        ...["-kernel", image.kernel, "-initrd", image.initrd, "-append", append],
        ...["-drive", `file=${image.disk},format=raw,if=virtio,snapshot=on,cache=unsafe`],
        ...["-netdev", `tap,id=net,ifname=${tap},script=no,downscript=no`],
        ...["-device", "virtio-net-pci,netdev=net", "-device", "virtio-rng-pci"],
      ],
      { stdio: ["ignore", log, log] },
    );
    return { name: this.name, address, hostKey: image.hostKey };
  }

  /** Waits until its SSH answers. */
  public async answers({ address }: ForeignMachine, seconds: number): Promise<void> {
    const end = Date.now() + seconds * 1000;
    while (!(await sshAnswers(address))) {
      if (this.process?.exitCode !== null || Date.now() > end) {
        throw new Error(`the virtual machine does not answer; its console: ${this.console}`);
      }
      await sleep(200);
    }
  }

  /** Switches it off, without a shutdown. */
  public remove(): void {
    this.process?.kill("SIGKILL");
    runProgram("ip", ["link", "delete", "dev", this.tap]);
  }
}
