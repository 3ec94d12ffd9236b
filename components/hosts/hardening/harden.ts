import type { PlanFragment } from "../../plan/plan";
import { accounts, type AccountsOptions } from "./accounts";
import { apparmor } from "./apparmor";
import { audit } from "./audit";
import { filesystems } from "./filesystems";
import { firewall, type FirewallOptions } from "./firewall";
import { journald } from "./journald";
import { kernel } from "./kernel";
import { revertAtBoot } from "./revert-at-boot";
import { sshd } from "./sshd";
import { time, type TimeOptions } from "./time";
import { updates, type UpdatesOptions } from "./updates";

/** Everything that hardening depends on. */
export interface HardeningOptions extends AccountsOptions, FirewallOptions, TimeOptions, UpdatesOptions {}

/** What is to be true of a hardened host, by subject. */
export function hardeningFragments(options: HardeningOptions): Readonly<Record<string, PlanFragment>> {
  return {
    accounts: accounts(options),
    sshd: sshd(options),
    kernel: kernel(),
    firewall: firewall(options),
    "revert-at-boot": revertAtBoot(),
    apparmor: apparmor(),
    audit: audit(),
    updates: updates(options),
    time: time(options),
    filesystems: filesystems(),
    journald: journald(),
  };
}
