#!/usr/bin/env bash
# Local machines: systemd-nspawn containers that boot Debian from a shared read-only base.
#
#   machine.sh network-create | network-delete     the bridge of a cluster
#   machine.sh create | delete                     one machine
#   machine.sh start-all CLUSTER                   what `up` does after a reboot of the box
#   machine.sh delete-all CLUSTER                  all machines and the bridge, those included that no state knows of
#   machine.sh start | stop CLUSTER NAME           one existing machine; stop is a power cut, not a shutdown
#
# Parameters come by environment (see usage of `need` below); the SSH host key comes on stdin, so that it is
# in no argument and no environment. Every verb may be cut off anywhere and run again.
# shellcheck disable=SC2030,SC2031,SC2153 # CLUSTER, NAME and the rest come by environment
set -euo pipefail
umask 077

readonly state_root=${REDOUBT_MACHINES:-/var/lib/redoubt-machines}
readonly boot_timeout_seconds=60

say() { printf '%s\n' "$*" >&2; }
die() { say "machine.sh: $*"; exit 1; }
need() {
  local name
  for name in "$@"; do
    [ -n "${!name:-}" ] || die "$name is not set"
  done
}

machine_dir() { printf '%s/%s/%s' "$state_root" "$1" "$2"; }

# --- bridge ---------------------------------------------------------------------------------------------------------

# Root is one user to the kernel, in every machine of the box: at its default of 128 inotify instances the kubelets and runtimes of a
# second cluster fail with "too many open files". Raised, never lowered; it costs memory only where it is used (inotify(7)).
raise_inotify_limit() {
  local file=/proc/sys/fs/inotify/$1 least=$2
  (($(<"$file") < least)) || return 0
  printf '%s' "$least" >"$file" || die "fs.inotify.$1 is $(<"$file") and can't be raised. Fix: sysctl -w fs.inotify.$1=$least"
  say "fs.inotify.$1 of this box raised to $least until its next boot: its machines share it"
}

network_create() {
  need CLUSTER BRIDGE BRIDGE_ADDRESS SUBNET
  raise_inotify_limit max_user_instances 8192
  raise_inotify_limit max_user_watches 524288
  local owner
  # "Two stacks never clash": a subnet that another interface of the box already has would take its traffic.
  owner=$(ip -o -4 addr show to "$SUBNET" | awk -v bridge="$BRIDGE" '$2 != bridge { print $2; exit }')
  [ -z "$owner" ] || die "hosts.subnet = $SUBNET overlaps with the network of interface $owner. Fix: set another hosts.subnet."
  ip link show dev "$BRIDGE" >/dev/null 2>&1 || ip link add name "$BRIDGE" type bridge
  ip addr replace "$BRIDGE_ADDRESS" dev "$BRIDGE"
  ip link set dev "$BRIDGE" up
  install -d -m 0700 "$state_root/$CLUSTER"
  {
    printf 'CLUSTER=%q\nBRIDGE=%q\nBRIDGE_ADDRESS=%q\nSUBNET=%q\n' "$CLUSTER" "$BRIDGE" "$BRIDGE_ADDRESS" "$SUBNET"
  } >"$state_root/$CLUSTER/network.env"
}

network_delete() {
  need CLUSTER BRIDGE
  local definition
  # The bridge goes last. A machine that is still here is one whose creation was cut off, so nobody else knows of it.
  for definition in "$state_root/$CLUSTER"/*/; do
    [ -d "$definition" ] || continue
    (NAME=$(basename "$definition") && machine_delete)
  done
  if ip link show dev "$BRIDGE" >/dev/null 2>&1; then ip link delete dev "$BRIDGE"; fi
  # Left by a creation that was cut off.
  rm -f "$state_root/$CLUSTER"/.host-key.*
  rm -f "$state_root/$CLUSTER/network.env"
  rmdir "$state_root/$CLUSTER" 2>/dev/null || true
}

# --- disk -----------------------------------------------------------------------------------------------------------

mount_root() {
  local dir=$1
  mountpoint -q "$dir/root" && return 0
  mount -t overlay overlay -o "lowerdir=$BASE_IMAGE,upperdir=$dir/upper,workdir=$dir/work" "$dir/root"
}

unmount_root() {
  local dir=$1
  if mountpoint -q "$dir/root"; then umount "$dir/root"; fi
}

# Everything that the first login needs; the hardening plan takes over these same files.
seed_root() {
  local root=$1 host_key_file=$2
  printf '%s\n' "$NAME" >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n%s %s\n' "$ADDRESS" "$NAME" >"$root/etc/hosts"
  chmod 0644 "$root/etc/hostname" "$root/etc/hosts"
  install -d -m 0755 "$root/etc/systemd/network"
  cat >"$root/etc/systemd/network/10-host0.network" <<NETWORK
[Match]
Name=host0

[Network]
Address=$ADDRESS/$PREFIX_LENGTH
Gateway=$GATEWAY
LinkLocalAddressing=no
IPv6AcceptRA=no
NETWORK
  chmod 0644 "$root/etc/systemd/network/10-host0.network"
  install -d -m 0755 "$root/etc/systemd/system/multi-user.target.wants"
  ln -sfn /lib/systemd/system/systemd-networkd.service "$root/etc/systemd/system/multi-user.target.wants/systemd-networkd.service"
  install -m 0600 "$host_key_file" "$root/etc/ssh/ssh_host_ed25519_key"
  install -d -m 0755 "$root/etc/ssh/sshd_config.d" "$root/etc/ssh/authorized_keys.d"
  cat >"$root/etc/ssh/sshd_config.d/00-redoubt.conf" <<SSHD
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
AuthenticationMethods publickey
AuthorizedKeysFile /etc/ssh/authorized_keys.d/%u
AllowUsers $ADMIN_USER
SSHD
  chmod 0600 "$root/etc/ssh/sshd_config.d/00-redoubt.conf"
  if ! grep -q "^$ADMIN_USER:" "$root/etc/passwd"; then
    useradd --root "$root" --create-home --shell /bin/bash "$ADMIN_USER"
  fi
  printf '%s\n' "$AUTHORIZED_KEYS" >"$root/etc/ssh/authorized_keys.d/$ADMIN_USER"
  chmod 0644 "$root/etc/ssh/authorized_keys.d/$ADMIN_USER"
  printf '%s ALL=(ALL) NOPASSWD:ALL\n' "$ADMIN_USER" >"$root/etc/sudoers.d/90-redoubt"
  chmod 0440 "$root/etc/sudoers.d/90-redoubt"
}

# --- power ----------------------------------------------------------------------------------------------------------

is_running() {
  local dir=$1 pid
  [ -s "$dir/pid" ] || return 1
  pid=$(<"$dir/pid")
  # The number may belong to another process after a reboot of the box: its command line must name this machine's tree.
  [ -r "/proc/$pid/cmdline" ] && tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qxF -- "--directory=$dir/root"
}

ssh_answers() {
  local banner
  # shellcheck disable=SC2016 # expanded by the inner shell
  banner=$(timeout 1 bash -c 'exec 3<>"/dev/tcp/$0/22" && head -c 4 <&3' "$1" 2>/dev/null) && [ "$banner" = "SSH-" ]
}

# nspawn puts a machine's services below the group that it runs in. Machines that shared one would take groups of one name from under
# each other while they boot, and what starts then fails (systemd.exec(5), status 219); where a systemd runs the box it sees to that.
own_group() {
  local hierarchy group
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    own_unified_group
    return 0
  fi
  # Where controllers are on cgroup v1 systemd's own hierarchy is the first, or the second with a copy in the first.
  for hierarchy in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    [ -d "$hierarchy" ] || continue
    group="$hierarchy/redoubt-$CLUSTER-$NAME"
    mkdir --parents "$group"
    printf '%s\n' "$BASHPID" >"$group/cgroup.procs"
  done
}

# tell FILE VALUE: what the kernel makes of it is the answer
tell() { { printf '%s\n' "$2" >"$1"; } 2>/dev/null; }

# In a container on cgroup v2 that no systemd runs, as those of GitHub's jobs, everything is in one group. That one gives its controllers
# to groups below it only while no process is in it (cgroups(7), "no internal processes"), so all that are there move first, as in moby's
# hack/dind; who comes later from outside, by docker exec, is put beside the first process. Each turn may be another machine's, too.
own_unified_group() {
  local root=/sys/fs/cgroup group controllers pid turns=50
  group=$root/redoubt-$CLUSTER-$NAME
  controllers=$(sed 's/[^ ]*/+&/g' "$root/cgroup.controllers")
  until tell "$root/cgroup.subtree_control" "$controllers"; do
    ((turns--)) || die "the group $root does not give its controllers on ($controllers). Fix: run the container privileged, in a cgroup namespace of its own"
    mkdir --parents "$root/init"
    # One that has ended meanwhile does not move.
    while read -r pid; do tell "$root/init/cgroup.procs" "$pid" || true; done <"$root/cgroup.procs"
  done
  # Left by a power cut: a group that gives controllers on takes no process any more.
  if [ -d "$group" ]; then find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null || true; fi
  mkdir --parents "$group"
  tell "$group/cgroup.procs" "$BASHPID" || die "the machine can't enter its group $group. Fix: npm run destroy, or see who is in it: $group/cgroup.procs"
}

start_machine() {
  local dir=$1
  if is_running "$dir"; then return 0; fi
  remove_cable
  mount_root "$dir"
  local -a command=(
    systemd-nspawn --quiet --register=no --keep-unit "--directory=$dir/root" "--machine=$CLUSTER-$NAME" "--hostname=$NAME"
    --boot "--network-bridge=$BRIDGE" --resolv-conf=off --capability=all --system-call-filter=@known --bind=/dev/kmsg
    "--bind=$dir/data/containerd:/var/lib/containerd" "--bind=$dir/data/etcd:/var/lib/etcd"
    "--bind=$dir/data/kubelet:/var/lib/kubelet"
    "--bind-ro=$ARTIFACT_STORE/tools:/opt/redoubt/artifacts/tools"
    "--bind-ro=$ARTIFACT_STORE/images:/opt/redoubt/artifacts/images"
  )
  # networkd brings the link up only when /proc/sys/net is writable and /sys is not (else it waits for udev).
  local -a environment=(SYSTEMD_NSPAWN_API_VFS_WRITABLE=network)
  # A box whose controllers are on cgroup v1 can't give a machine the unified hierarchy.
  if [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then environment+=(SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=0); fi
  if [ -d /run/systemd/system ]; then
    local -a setenv=() pair
    for pair in "${environment[@]}"; do setenv+=("--setenv=$pair"); done
    systemd-run --quiet --collect --unit="redoubt-machine-$CLUSTER-$NAME" --property=Delegate=yes --property=KillMode=mixed \
      --property=TasksMax=infinity "${setenv[@]}" -- "${command[@]}"
    systemctl show --property=MainPID --value "redoubt-machine-$CLUSTER-$NAME.service" >"$dir/pid"
  else
    # A session of its own, so that the machine outlives whoever started it.
    (
      own_group
      exec setsid env "${environment[@]}" "${command[@]}"
    ) </dev/null >"$dir/console.log" 2>&1 &
    printf '%s\n' "$!" >"$dir/pid"
  fi
}

wait_for_ssh() {
  local dir=$1 deadline=$((SECONDS + boot_timeout_seconds))
  until ssh_answers "$ADDRESS"; do
    is_running "$dir" || die "machine $NAME stopped while booting: $(tail -n 3 "$dir/console.log" 2>/dev/null)"
    ((SECONDS < deadline)) || die "machine $NAME ($ADDRESS) did not answer SSH within $boot_timeout_seconds s of its start"
    sleep 0.05
  done
}

# The kernel takes a dead network namespace down when it finds the time; until then its cable would be in the way of the next
# start. systemd-nspawn gives it the full name beside a shortened one (systemd-nspawn(1), --network-veth).
remove_cable() {
  ip link delete dev "vb-$CLUSTER-$NAME" 2>/dev/null || true
}

stop_machine() {
  local dir=$1 pid leader
  if is_running "$dir"; then
    pid=$(<"$dir/pid")
    # nspawn's child is the machine's PID 1; with it goes its whole PID namespace.
    leader=$(pgrep -P "$pid" | head -n 1 || true)
    [ -z "$leader" ] || kill -KILL "$leader" 2>/dev/null || true
    kill -KILL "$pid" 2>/dev/null || true
    while [ -e "/proc/$pid" ] && ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null; do sleep 0.02; done
    if [ -n "$leader" ]; then while [ -e "/proc/$leader" ] && ! grep -q '^State:.Z' "/proc/$leader/status" 2>/dev/null; do sleep 0.02; done; fi
  fi
  remove_cable
  if [ -d /run/systemd/system ]; then systemctl reset-failed "redoubt-machine-$CLUSTER-$NAME.service" 2>/dev/null || true; fi
  rm -f "$dir/pid"
}

# cgroups of a killed machine stay behind, and a new one of the same name would inherit their limits. Those of its pods are named
# after its machine id (plan of the node, prepare-node).
remove_cgroups() {
  local id=$1 scope
  for scope in /sys/fs/cgroup/*/ /sys/fs/cgroup/; do
    [ -d "$scope" ] || continue
    # find fails where a group goes while it looks, as those of other machines do; it has named all others.
    find "$scope" -maxdepth 3 -type d \( -name "*$CLUSTER-$NAME*" -o -name "redoubt-${id:-none}" \) -prune -print 2>/dev/null | while read -r group; do
      find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    done || true
  done
}

# --- verbs ----------------------------------------------------------------------------------------------------------

machine_create() {
  need CLUSTER NAME ADDRESS PREFIX_LENGTH GATEWAY BRIDGE BASE_IMAGE ARTIFACT_STORE ADMIN_USER AUTHORIZED_KEYS
  local dir key_file
  dir=$(machine_dir "$CLUSTER" "$NAME")
  install -d -m 0700 "$state_root/$CLUSTER"
  key_file=$(mktemp "$state_root/$CLUSTER/.host-key.XXXXXX")
  # shellcheck disable=SC2064 # the name as it is now
  trap "rm -f '$key_file'" EXIT
  cat >"$key_file"
  [ -s "$key_file" ] || die "no host key came for machine $NAME"
  # A disk with another host key was left by a stack that is gone; it is not this machine's. One that can't be read says nothing.
  if [ -e "$dir/definition.env" ]; then
    local differs=0 key=$dir/upper/etc/ssh/ssh_host_ed25519_key
    # Without one it is what a deletion left that was cut off.
    if [ -e "$key" ]; then cmp --silent "$key_file" "$key" || differs=$?; else differs=1; fi
    case $differs in
      0) ;;
      1) machine_delete ;;
      *) die "the host key on the disk of machine $NAME can't be read. Fix: npm run destroy, or look at $dir/upper/etc/ssh" ;;
    esac
  fi
  if [ -e "$dir/definition.env" ]; then
    # An existing disk keeps the base that it was made on: another lower layer would corrupt the overlay.
    # shellcheck disable=SC1091 # written below
    BASE_IMAGE=$(source "$dir/definition.env" && printf '%s' "$BASE_IMAGE")
    start_machine "$dir"
    wait_for_ssh "$dir"
    return 0
  fi
  install -d -m 0755 "$dir" "$dir/root" "$dir/upper" "$dir/work" "$dir/data"
  # A new cluster directory must be passable for the machine's own users, whose root lies below it.
  install -d -m 0711 "$dir/data/containerd" "$dir/data/kubelet"
  install -d -m 0700 "$dir/data/etcd"
  mount_root "$dir"
  seed_root "$dir/root" "$key_file"
  local name
  {
    for name in CLUSTER NAME ADDRESS PREFIX_LENGTH GATEWAY BRIDGE BASE_IMAGE ARTIFACT_STORE ADMIN_USER; do
      printf '%s=%q\n' "$name" "${!name}"
    done
  } >"$dir/definition.env.new"
  # Renamed last: a machine whose definition exists has a complete disk.
  mv "$dir/definition.env.new" "$dir/definition.env"
  start_machine "$dir"
  wait_for_ssh "$dir"
}

machine_delete() {
  need CLUSTER NAME
  local dir id=''
  dir=$(machine_dir "$CLUSTER" "$NAME")
  if [ -d "$dir" ]; then
    id=$(cat "$dir/upper/etc/machine-id" 2>/dev/null || true)
    stop_machine "$dir"
    # Before its id is gone: who deletes again what was deleted half would not know it.
    remove_cgroups "$id"
    unmount_root "$dir"
    rm -rf --one-file-system "$dir"
  else
    remove_cgroups ''
  fi
}

load_definition() {
  local dir
  dir=$(machine_dir "$1" "$2")
  [ -e "$dir/definition.env" ] || die "there is no machine $2 in cluster $1"
  # shellcheck disable=SC1091 # written by machine_create
  . "$dir/definition.env"
}

machine_start() {
  local dir
  dir=$(machine_dir "$1" "$2")
  load_definition "$1" "$2"
  start_machine "$dir"
  wait_for_ssh "$dir"
}

machine_stop() {
  load_definition "$1" "$2"
  stop_machine "$(machine_dir "$1" "$2")"
}

machine_start_all() {
  local cluster=$1 definition name
  [ -e "$state_root/$cluster/network.env" ] || return 0
  # shellcheck disable=SC1090,SC1091 # written by network_create
  (. "$state_root/$cluster/network.env" && network_create)
  local -a jobs=()
  for definition in "$state_root/$cluster"/*/definition.env; do
    [ -e "$definition" ] || continue
    name=$(basename "$(dirname "$definition")")
    if is_running "$(dirname "$definition")"; then continue; fi
    say "starting machine $name"
    (machine_start "$cluster" "$name") &
    jobs+=("$!")
  done
  local job
  for job in "${jobs[@]}"; do wait "$job"; done
}

machine_delete_all() {
  # Written by network_create, without which there is no machine.
  [ -e "$state_root/$1/network.env" ] || return 0
  # shellcheck disable=SC1090,SC1091
  (. "$state_root/$1/network.env" && network_delete)
}

case "${1:-}" in
  network-create) network_create ;;
  network-delete) network_delete ;;
  create) machine_create ;;
  delete) machine_delete ;;
  delete-all) machine_delete_all "${2:?cluster}" ;;
  start-all) machine_start_all "${2:?cluster}" ;;
  start) machine_start "${2:?cluster}" "${3:?name}" ;;
  stop) machine_stop "${2:?cluster}" "${3:?name}" ;;
  *) die "unknown verb '${1:-}': network-create, network-delete, create, delete, start-all, start or stop" ;;
esac
