import type { PlanFragment } from "../plan/plan";
import { paths } from "../plan/paths";
import { hasLogins, registryFolder, registryLogins, type Registry } from "./registries";

/** An image that is loaded from an archive, so that no registry is asked. */
export interface PreloadedImage {
  /** As pods name it, with its tag. */
  readonly reference: string;
  /** Where the archive lies on the host. */
  readonly archive: string;
}

/** What makes the container runtime. */
export interface ContainerdOptions {
  /** The pause image of every pod. */
  readonly sandboxImage: string;
  readonly images: readonly PreloadedImage[];
  /** Registries that are reached otherwise than by their name alone. Default: none. */
  readonly registries?: readonly Registry[] | undefined;
}

const libexec = "/usr/local/libexec/redoubt";
const keepName = "redoubt-keep-images";
/** Written at every boot by {@link renderPrepareScript}; read by containerd and kubelet. */
export const cgroupEnvironment = "/run/redoubt/cgroup.env";

/** What is as secret as a part of it is so before anything is written to it. */
const beforeLogins = "install --mode=0600 /dev/null /run/redoubt/containerd.toml.new\n";

/** Without its logins a host can do all but pull from where they are asked for. */
const addLogins = `[ ! -e ${registryLogins} ] || cat ${registryLogins} >>/run/redoubt/containerd.toml.new\n`;

/**
 * Finds out at boot which cgroup version the kernel gives, never assumes it: with v2 the systemd driver is used, as the
 * Kubernetes documentation recommends; with v1 (a container on an older box) cgroupfs, with the controllers made writable.
 */
function renderPrepareScript(withLogins: boolean): string {
  return `#!/bin/bash
set -euo pipefail
mkdir -p /run/redoubt
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  driver=systemd
  kubelet_args="--cgroup-driver=systemd"
else
  driver=cgroupfs
  kubelet_args="--cgroup-driver=cgroupfs --fail-cgroupv1=false"
fi
if systemd-detect-virt --container --quiet; then
  # Pods' mounts must reach the kubelet's; a container's root is private at first.
  mount --make-rshared /
  # The kubelet insists on these values and can't write them here; they belong to the kernel of the box, which is left
  # alone. It is shown the values that it wants.
  for want in vm/overcommit_memory=1 kernel/panic=10 kernel/panic_on_oops=1; do
    path=/proc/sys/\${want%=*}
    [ "$(<"$path")" != "\${want#*=}" ] || continue
    shown=/run/redoubt/$(tr / . <<<"\${want%=*}")
    printf '%s\\n' "\${want#*=}" >"$shown"
    mount --bind "$shown" "$path"
  done
  if [ "$driver" = cgroupfs ]; then
    # These hierarchies are the box's, seen whole by every machine. Without a part of its own a kubelet would take the pods of
    # all others for leftovers, and try to remove them every two seconds.
    root=/redoubt-$(</etc/machine-id)
    for controller in /sys/fs/cgroup/*/; do
      [ ! -L "\${controller%/}" ] || continue
      mount -o remount,bind,rw "$controller" 2>/dev/null || true
      mkdir -p "$controller$root" 2>/dev/null || continue
      # A new part of this one has no processor and no memory node until it is told (cpuset(7)).
      for file in cpuset.cpus cpuset.mems; do
        [ ! -e "$controller$file" ] || cat "$controller$file" >"$controller$root/$file"
      done
    done
    # Every systemd that boots on the box sweeps empty parts of its hierarchy away, and without its own a kubelet does not start
    # again. One that a process is in stays.
    own=/sys/fs/cgroup/systemd$root
    if [ -d "$own" ] && [ -z "$(<"$own/cgroup.procs")" ]; then
      setsid sleep infinity </dev/null >/dev/null 2>&1 &
      for _ in {1..50}; do
        mkdir -p "$own" && echo $! >"$own/cgroup.procs" && break
        sleep 0.1
      done 2>/dev/null
    fi
    kubelet_args+=" --cgroup-root=$root"
  fi
fi
# Without CAP_SYS_RESOURCE nobody may lower an oom_score_adj; the bounding set of PID 1 says whether it is there (bit 24).
restrict_oom=false
capabilities=$((16#$(awk '/^CapBnd:/ { print $2 }' /proc/1/status)))
if ! ((capabilities >> 24 & 1)); then restrict_oom=true; fi
${withLogins ? beforeLogins : ""}sed -e "s/@SYSTEMD_CGROUP@/$([ "$driver" = systemd ] && echo true || echo false)/" \\
  -e "s/@RESTRICT_OOM@/$restrict_oom/" /etc/containerd/config.toml.in >/run/redoubt/containerd.toml.new
${withLogins ? addLogins : ""}mv /run/redoubt/containerd.toml.new /run/redoubt/containerd.toml
printf 'KUBELET_CGROUP_ARGS=%s\\n' "$kubelet_args" >${cgroupEnvironment}
`;
}

/** containerd's configuration, version 2 (containerd 1.6 of Debian 12 and 1.7 of Debian 13 read it). */
function renderContainerdConfiguration({ sandboxImage, registries = [] }: ContainerdOptions): string {
  const registry = `
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${registryFolder}"
`;
  return `version = 2

[grpc]
  address = "/run/containerd/containerd.sock"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${sandboxImage}"
  restrict_oom_score_adj = @RESTRICT_OOM@
  enable_unprivileged_ports = false
  enable_unprivileged_icmp = false

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${paths.cniBinaries}"
    conf_dir = "${paths.cniConfig}"

  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = @SYSTEMD_CGROUP@
${registries.length === 0 ? "" : registry}`;
}

/**
 * Loads what is not there yet; with the word `missing` it only says what that is, and fails where there is something. The place of an
 * archive says what is in it, so an image of the same name that came from another one is loaded anew: Debian mends what is in it, and
 * the name stays. One question to containerd is enough when nothing is missing.
 */
function renderImportScript(images: readonly PreloadedImage[]): string {
  const list = images.map(({ reference, archive }) => `${reference} ${archive}\n`).join("");
  return `#!/bin/bash
set -euo pipefail
mapfile -t images <<'IMAGES'
${list}IMAGES
filters=()
for image in "\${images[@]}"; do
  filters+=("name==\${image% *},labels.\\"redoubt.io/archive\\"==\\"\${image#* }\\"")
done
# One of the filters must hold, not all.
loaded=$(ctr --namespace k8s.io images list --quiet "\${filters[@]}")
status=0
for image in "\${images[@]}"; do
  reference=\${image% *} archive=\${image#* }
  [[ $'\\n'$loaded$'\\n' != *$'\\n'"$reference"$'\\n'* ]] || continue
  if [ "\${1:-}" = missing ]; then
    printf 'image %s is not there\\n' "$reference"
    status=1
    continue
  fi
  ctr --namespace k8s.io images import "$archive"
  # The kubelet must not collect what no registry could give back; containerd 1.6 does not tell it.
  ctr --namespace k8s.io images label "$reference" io.cri-containerd.pinned=pinned redoubt.io/archive="$archive" >/dev/null
done
exit "$status"
`;
}

const prepareUnit = `[Unit]
Description=Prepare the host for containerd and kubelet
Before=containerd.service kubelet.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${libexec}/prepare-node
[Install]
WantedBy=multi-user.target
`;

const importUnit = `[Unit]
Description=Load container images from archives
After=containerd.service
Requires=containerd.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${libexec}/import-images
[Install]
WantedBy=multi-user.target
`;

/**
 * A kubelet whose disk is full collects images that containerd does not call pinned, and somebody may remove one. {@link importUnit} does
 * not run twice, so this one does; a runtime that was stopped stays so.
 */
const keepUnit = `[Unit]
Description=Load container images that are gone
After=redoubt-import-images.service
[Service]
Type=oneshot
ExecCondition=/usr/bin/systemctl is-active --quiet containerd.service
ExecStart=${libexec}/import-images
# What it does is told, that it looks every minute is not.
SyslogLevel=notice
LogLevelMax=notice
`;

const keepTimer = `[Unit]
Description=Look for container images that are gone
[Timer]
OnActiveSec=1min
OnUnitInactiveSec=1min
[Install]
WantedBy=timers.target
`;

const containerdDropIn = `[Unit]
After=redoubt-prepare-node.service
Requires=redoubt-prepare-node.service
[Service]
ExecStart=
ExecStart=/usr/bin/containerd --config /run/redoubt/containerd.toml
`;

/** The plan of the container runtime: Debian's containerd and runc, configured for Kubernetes. */
export function containerd(options: ContainerdOptions): PlanFragment {
  const dropIn = "/etc/systemd/system/containerd.service.d/10-redoubt.conf";
  const template = "/etc/containerd/config.toml.in";
  const prepare = `${libexec}/prepare-node`;
  const importImages = `${libexec}/import-images`;
  const prepareScript = renderPrepareScript(hasLogins(options.registries ?? []));
  // Where one of them does not run, its start loads the images, and it is that which is not as it should be.
  const runs = `for unit in containerd redoubt-import-images; do systemctl is-active --quiet "$unit.service" || exit 0; done`;
  return {
    packages: ["containerd", "runc"],
    directories: [
      { path: libexec },
      { path: "/etc/containerd" },
      { path: "/etc/systemd/system/containerd.service.d" },
    ],
    files: [
      { path: prepare, content: prepareScript, mode: "0755" },
      { path: template, content: renderContainerdConfiguration(options), mode: "0644" },
      { path: importImages, content: renderImportScript(options.images), mode: "0755" },
      { path: dropIn, content: containerdDropIn, mode: "0644" },
      // No unit of the plan: whether it runs just now says nothing.
      { path: `/etc/systemd/system/${keepName}.service`, content: keepUnit, mode: "0600" },
    ],
    steps: [
      {
        description: "container images loaded from their archives",
        unless: ["bash", "-c", `${runs}; exec ${importImages} missing`],
        command: [importImages],
      },
    ],
    units: [
      { name: "redoubt-prepare-node.service", content: prepareUnit, restartOn: [prepare, template] },
      { name: "containerd.service", restartOn: [dropIn, template, prepare] },
      { name: "redoubt-import-images.service", content: importUnit, restartOn: [importImages] },
      { name: `${keepName}.timer`, content: keepTimer },
    ],
  };
}
