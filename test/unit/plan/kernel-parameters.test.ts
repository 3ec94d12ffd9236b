import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { mergeFragments } from "../../../components/plan/merge";
import type { SysctlSpec } from "../../../components/plan/plan";
import { renderScript } from "../../../components/plan/script";
import { ConvergeHost } from "../../support/converge";

describe("a kernel parameter on a host with a kernel of its own", () => {
  let host: ConvergeHost;
  const apply = (...sysctls: SysctlSpec[]): ReturnType<ConvergeHost["run"]> => {
    const { owner } = host;
    // Its file is root's, which the test need not be.
    const script = renderScript(mergeFragments({ test: { sysctls } }), "test")
      .replaceAll("/proc/sys", path.join(host.folder, "proc/sys"))
      .replaceAll(
        "/etc/sysctl.d/zz-redoubt-test.conf root root",
        `${host.path("sysctl.conf")} ${owner} ${owner}`,
      );
    return host.run(script);
  };
  /** What changed of the parameters themselves. */
  const changed = (...sysctls: SysctlSpec[]): readonly string[] => {
    const { code, stderr, changed: items } = apply(...sysctls);
    assert.equal(code, 0, stderr);
    return items.filter((item) => item.startsWith("sysctl "));
  };
  const has = (key: string, value: string): void => {
    const file = path.join("proc/sys", key.replaceAll(".", "/"));
    mkdirSync(path.join(host.folder, path.dirname(file)), { recursive: true });
    host.write(file, value);
  };
  const acceptRa = { key: "net.ipv6.conf.all.accept_ra", value: "0" };

  beforeEach(() => {
    host = new ConvergeHost();
    host.program("systemd-detect-virt", "#!/bin/sh\nexit 1\n");
  });
  afterEach(() => {
    host.remove();
  });

  it("is set when it is another", () => {
    has("net.ipv6.conf.all.accept_ra", "1\n");
    assert.deepEqual(changed(acceptRa), ["sysctl net.ipv6.conf.all.accept_ra"]);
    assert.equal(host.read("proc/sys/net/ipv6/conf/all/accept_ra"), "0");
    assert.deepEqual(changed(acceptRa), []);
  });

  it("needs not be there when it is one of IPv6, and the kernel was booted without", () => {
    has("net.ipv4.ip_forward", "1\n");
    assert.deepEqual(changed(acceptRa), []);
  });

  it("must be there when the kernel has IPv6, or it is another one", () => {
    has("net.ipv6.conf.default.accept_ra", "0\n");
    assert.match(
      apply(acceptRa).stderr,
      /net\.ipv6\.conf\.all\.accept_ra: this kernel has no such parameter/,
    );
    assert.equal(apply({ key: "net.ipv6x.y", value: "1" }).code, 1);
  });
});
