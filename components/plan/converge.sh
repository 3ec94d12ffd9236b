#!/usr/bin/env bash
# The fixed part of every script that reaches a host: functions that make one thing so, and say so when it was not.
# A rendered plan follows and calls them. Only the report goes to stdout; progress goes to stderr.
# Everything may be cut off anywhere: what counts is looked at on the host, never remembered from the run before.
# safe-restart.sh follows it in every script; some names are of there.
# shellcheck disable=SC2154
set -euo pipefail
umask 077
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

readonly engine_state=/var/lib/redoubt
readonly revert_folder=$engine_state/revert
# Time for a second login once the script has ended, and the longest that a script may take before it counts as dead.
readonly revert_seconds=60
readonly script_seconds=600
changed=()
not_applicable=()
# path → units that must be restarted or reloaded when it changes; path → command that makes a guarded file effective.
declare -A restarts=() reloads=() activation=()
# path → units that read it as a secret and are restarted, when they run, by restart_readers.
declare -A readers=()
activate_paths=()

note() {
  changed+=("$1")
  printf '%s\n' "$1" >&2
}

die() {
  printf '%s\n' "$*" >&2
  exit 1
}

in_container() {
  [ -n "${container_known:-}" ] || { if systemd-detect-virt --container --quiet; then container_known=yes; else container_known=no; fi; }
  [ "$container_known" = yes ]
}

json_string() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/ }
  printf '"%s"' "$text"
}

skip_in_container() {
  not_applicable+=("{\"what\":$(json_string "$1"),\"why\":$(json_string "$2")}")
}

# What is reported is never done again, so it must outlast a loss of power: of a file that was renamed the disk may have the name, and not
# yet what is in it. One call for all costs least; where nothing changed there is nothing to wait for.
keep_changes() {
  local folders=(/etc)
  ((${#changed[@]})) || return 0
  [ ! -d "$engine_state" ] || folders+=("$engine_state")
  sync --file-system "${folders[@]}"
}

report() {
  local item separator=''
  keep_changes
  printf '{"changed":['
  for item in "${changed[@]}"; do
    printf '%s%s' "$separator" "$(json_string "$item")"
    separator=,
  done
  printf '],"notApplicable":['
  separator=''
  for item in "${not_applicable[@]}"; do
    printf '%s%s' "$separator" "$item"
    separator=,
  done
  printf ']}\n'
}

# Root's alone, by the umask.
state_folder() { [ -d "$1" ] || mkdir --parents "$1"; }

# --- packages, accounts ----------------------------------------------------------------------------------------------

# The lock of the lists is one that apt does not wait for (apt.conf(5), DPkg::Lock::Timeout).
update_lists() {
  local said deadline=$((SECONDS + 300))
  until said=$(apt-get "$@" --quiet update 2>&1); do
    if [[ $said != *'get lock'* ]] || ((SECONDS >= deadline)); then
      printf '%s\n' "$said" >&2
      return 1
    fi
    sleep 2
  done
}

packages() {
  local package missing=()
  local -A installed=()
  while read -r package; do installed[$package]=1; done \
    < <(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
  for package in "$@"; do [ -n "${installed[$package]:-}" ] || missing+=("$package"); done
  ((${#missing[@]})) || return 0
  # The phases of a host run side by side, and apt takes one at a time.
  state_folder "$engine_state"
  exec 8>"$engine_state/apt.lock"
  flock 8
  # apt's own timers may hold its locks just now.
  local -a patiently=(--quiet --option DPkg::Lock::Timeout=300)
  update_lists "${patiently[@]}"
  apt-get "${patiently[@]}" --yes --no-install-recommends --option Dpkg::Options::=--force-confold install "${missing[@]}" >&2
  exec 8>&-
  for package in "${missing[@]}"; do note "package $package"; done
}

lock_accounts() {
  state_folder "$engine_state"
  exec 9>"$engine_state/accounts.lock"
  flock 9
}

group() {
  if getent group "$1" >/dev/null; then return 0; fi
  lock_accounts
  getent group "$1" >/dev/null || { groupadd --system "$1" && note "group $1"; }
  exec 9>&-
}

# user NAME PRIMARY-GROUP HOME SHELL system|login [GROUP…]
user() {
  local name=$1 primary=$2 home=$3 shell=$4 kind=$5 entry extra current
  shift 5
  if ! entry=$(getent passwd "$name"); then
    lock_accounts
    local -a options=(--gid "$primary" --home-dir "$home" --shell "$shell")
    if [ "$kind" = system ]; then options+=(--system --no-create-home); else options+=(--create-home); fi
    getent passwd "$name" >/dev/null || { useradd "${options[@]}" "$name" && note "user $name"; }
    exec 9>&-
    entry=$(getent passwd "$name")
  fi
  if [ "${entry##*:}" != "$shell" ]; then
    usermod --shell "$shell" "$name"
    note "user $name shell"
  fi
  current=" $(id --groups --name "$name") "
  for extra in "$@"; do
    [[ $current == *" $extra "* ]] || { gpasswd --add "$name" "$extra" >/dev/null && note "user $name group $extra"; }
  done
}

# --- files -------------------------------------------------------------------------------------------------------------

# directory PATH OWNER GROUP MODE
directory() {
  local path=$1 owner=$2 group=$3 mode=$4
  if [ -d "$path" ] && [ "$(stat --format '%U %G %a' "$path")" = "$owner $group $mode" ]; then return 0; fi
  (umask 022 && mkdir --parents "$path")
  chown "$owner:$group" "$path"
  chmod "$mode" "$path"
  note "directory $path"
}

# What was started with the old content must not be taken for up to date, even when this run ends here.
forget_digests() {
  local unit
  for unit in ${restarts[$1]:-}; do rm -f "$engine_state/units/$unit.restart"; done
  for unit in ${reloads[$1]:-}; do rm -f "$engine_state/units/$unit.reload"; done
  # Who runs was started without a file that was not there; who shall read it gets a unit of its own that says so.
  [ -e "$1" ] || return 0
  for unit in ${readers[$1]:-}; do
    mkdir --parents "$engine_state/units"
    : >"$engine_state/units/$unit.pending"
  done
}

# Units that run with an old secret take the new one up; those that do not run yet will read it when they start. The marks
# outlive a run that was cut off before the restart.
restart_readers() {
  local unit mark state units=() plain=()
  remember_secret_paths
  for unit in "${!safe_ready[@]}"; do
    if will_restart "$unit"; then try_candidates "$unit"; fi
  done
  commit_staged
  for mark in "$engine_state"/units/*.pending; do
    [ ! -e "$mark" ] || units+=("$(basename "$mark" .pending)")
  done
  ((${#units[@]})) || return 0
  for unit in "${units[@]}"; do
    state=$(systemctl show --property=ActiveState --property=SubState --value -- "$unit")
    case $state in
      *inactive* | *failed* | *auto-restart*) continue ;;
      # It may have read the old one. What it waits for may come later than this, so nothing waits for it, nor is judged by it.
      *activating*)
        systemctl restart --no-block -- "$unit"
        continue
        ;;
    esac
    if ! has_good "$unit"; then plain+=("$unit"); continue; fi
    # It served nobody before. What it lacks may be on a host whose turn comes after this one, as a majority of etcd.
    if ! has_fallback "$unit"; then
      systemctl restart --no-block -- "$unit"
      serves_soon "$unit" || printf 'unit %s: it did not serve before, and does not yet\n' "$unit" >&2
      continue
    fi
    safe_restart "$unit" "$(cat "$engine_state/units/$unit.restart" 2>/dev/null || true)"
  done
  if ((${#plain[@]})) && ! systemctl restart -- "${plain[@]}"; then
    explain_failed_units "${plain[@]}"
    exit 1
  fi
  for unit in "${units[@]}"; do rm -f "$engine_state/units/$unit.pending"; done
}

# file PATH OWNER GROUP MODE [VALIDATOR…]: content on stdin; {} in the validator is the candidate
file() {
  local path=$1 owner=$2 group=$3 mode=$4 content='' current='' found word
  shift 4
  IFS= read -r -d '' content || true
  if [ -f "$path" ] && [ ! -L "$path" ]; then
    IFS= read -r -d '' current <"$path" || true
    found=$(stat --format '%s %U %G %a' "$path")
    # What stands behind a NUL is not read, so the size is asked.
    if [ "$current" = "$content" ] && [ "${found%% *}" = "${#content}" ]; then
      # A run that failed before it made the file effective, or was not confirmed: this one makes up for both.
      if [ -n "${activation[$path]:-}" ] && [ -e "$revert_folder/revert.sh" ]; then
        arm_revert
        activate_paths+=("$path")
      fi
      [ "${found#* }" != "$owner $group $mode" ] || return 0
      chown "$owner:$group" "$path"
      chmod "$mode" "$path"
      note "file $path (owner or mode)"
      return 0
    fi
  fi
  [ -d "${path%/*}" ] || (umask 022 && mkdir --parents "${path%/*}")
  local candidate="${path%/*}/.${path##*/}.redoubt-new"
  if [ -e "$candidate" ] || [ -L "$candidate" ]; then rm -f "$candidate"; fi
  printf '%s' "$content" >"$candidate"
  # As it was written it is root's alone (umask), but for its group in a folder that hands on its own.
  if [ "$owner $group" != "root root" ] || [ ! -G "$candidate" ]; then chown "$owner:$group" "$candidate"; fi
  [ "$mode" = 600 ] || chmod "$mode" "$candidate"
  if (($#)); then
    local -a validator=()
    for word in "$@"; do validator+=("${word//\{\}/$candidate}"); done
    if ! "${validator[@]}" >&2; then
      rm -f "$candidate"
      die "file $path: the new content was refused by '$*'; the old file stays as it is"
    fi
  fi
  if guardians "$path"; then
    stage "$path" "$candidate"
    return 0
  fi
  if [ -n "${activation[$path]:-}" ]; then
    # After a loss of power there is the old one or the new one, and none that is empty: it says who gets in.
    sync "$candidate"
    arm_revert
    activate_paths+=("$path")
  fi
  forget_digests "$path"
  mv --force --no-target-directory "$candidate" "$path"
  note "file $path"
}

# link PATH TARGET
link() {
  if [ -L "$1" ] && [ "$(readlink "$1")" = "$2" ]; then return 0; fi
  [ -d "${1%/*}" ] || (umask 022 && mkdir --parents "${1%/*}")
  forget_digests "$1"
  ln --symbolic --force --no-dereference "$2" "$1.redoubt-new"
  mv --force --no-target-directory "$1.redoubt-new" "$1"
  note "link $1"
}

absent() {
  # What runs may have been started with it, also where that is known no longer.
  if ((${#safe_ready[@]})); then late_absent+=("$1"); else remove_path "$1"; fi
}

remove_path() {
  [ -e "$1" ] || [ -L "$1" ] || return 0
  forget_digests "$1"
  rm --recursive --force --one-file-system "$1"
  note "absent $1"
}

# --- artifacts ---------------------------------------------------------------------------------------------------------

declare -A artifact_source=() artifact_sha256=() artifact_label=()

# has_sha256 FILE SHA256: openssl, where it is, uses the processor's own instructions and takes a quarter of sha256sum's time, which on a
# new host is spent on some hundred megabytes
has_sha256() {
  local sum
  if command -v openssl >/dev/null; then sum=$(openssl dgst -sha256 -r "$1"); else sum=$(sha256sum "$1"); fi || return 1
  [ "${sum%% *}" = "$2" ]
}

artifact_record() { printf '%s/artifacts/%s' "$engine_state" "${1//\//_}"; }

# artifact NAME VERSION URL SHA256 PATH: noted here, made so by artifacts_done, all at once
artifact() {
  local name=$1 version=$2 url=$3 sha256=$4 path=$5 identity known=''
  local source=$path
  [[ $url != file://* ]] || source=${url#file://}
  if [ -e "$path" ] && [ -e "$source" ]; then
    identity="$sha256 $(stat --dereference --format '%i %s %Y' "$source")"
    [ ! -e "$(artifact_record "$path")" ] || known=$(<"$(artifact_record "$path")")
    if [ "$known" = "$identity" ] && { [ "$source" = "$path" ] || [ "$(readlink "$path")" = "$source" ]; }; then return 0; fi
  fi
  artifact_source[$path]=$url
  artifact_sha256[$path]=$sha256
  artifact_label[$path]="$name $version"
}

fetch_artifact() {
  local path=$1 url=$2 sha256=$3 candidate="$1.redoubt-new-$$"
  if [[ $url == file://* ]]; then
    candidate=${url#file://}
    [ -e "$candidate" ] || die "artifact ${artifact_label[$path]}: $candidate is not there"
  else
    rm -f "$candidate"
    # What does not move for half a minute is begun again.
    curl --fail --silent --show-error --location --proto '=https' --tlsv1.2 --connect-timeout 20 --speed-time 30 --speed-limit 1000 \
      --retry 4 --retry-connrefused --output "$candidate" "$url" \
      || { rm -f "$candidate"; die "artifact ${artifact_label[$path]}: $url can't be downloaded by this host. Fix: let it out to there, or set hosts.artifacts to delivered"; }
  fi
  has_sha256 "$candidate" "$sha256" && return 0
  [[ $url == file://* ]] || rm -f "$candidate"
  die "artifact ${artifact_label[$path]}: $url does not have the pinned sha256 $sha256; nothing was installed"
}

# Phases of a host that run side by side may want the same program: each has a candidate of its own.
artifacts_done() {
  local path pid source
  local -A jobs=()
  for path in "${!artifact_source[@]}"; do
    [ -d "${path%/*}" ] || (umask 022 && mkdir --parents "${path%/*}")
    # Left by a run that was cut off.
    find "${path%/*}" -maxdepth 1 -name "${path##*/}.redoubt-new*" -mmin +60 -delete
    fetch_artifact "$path" "${artifact_source[$path]}" "${artifact_sha256[$path]}" &
    jobs[$path]=$!
  done
  for path in "${!jobs[@]}"; do
    pid=${jobs[$path]}
    wait "$pid" || exit 1
  done
  for path in "${!artifact_source[@]}"; do
    forget_digests "$path"
    if [[ ${artifact_source[$path]} == file://* ]]; then
      source=${artifact_source[$path]#file://}
      ln --symbolic --force --no-dereference "$source" "$path.redoubt-new-$$"
    else
      source=$path
      chmod 0755 "$path.redoubt-new-$$"
    fi
    mv --force --no-target-directory "$path.redoubt-new-$$" "$path"
    state_folder "$engine_state/artifacts"
    printf '%s' "${artifact_sha256[$path]} $(stat --dereference --format '%i %s %Y' "$source")" >"$(artifact_record "$path")"
    note "artifact ${artifact_label[$path]}"
  done
}

# --- kernel --------------------------------------------------------------------------------------------------------------

module_loaded() {
  [ ! -d "/sys/module/$1" ] || return 0
  if modprobe --quiet "$1" 2>/dev/null; then return 0; fi
  # Built in without parameters: there is nothing below /sys/module, but modprobe knows it by the kernel's own list.
  if in_container; then
    skip_in_container "kernel module $1" "a container uses the kernel of its box and can't load modules"
    return 0
  fi
  die "kernel module $1 can't be loaded"
}

# kernel_parameter KEY VALUE namespaced|kernel
kernel_parameter() {
  local path="/proc/sys/${1//.//}" current
  if [ ! -e "$path" ]; then
    # A kernel that was booted with ipv6.disable=1 does nothing that these could forbid.
    if [[ $1 == net.ipv6.* && ! -e /proc/sys/net/ipv6 ]]; then return 0; fi
    if in_container; then skip_in_container "sysctl $1" "this kernel has no such parameter"; return 0; fi
    die "sysctl $1: this kernel has no such parameter"
  fi
  current=$(<"$path")
  [ "${current//[[:space:]]/ }" != "$2" ] || return 0
  if [ "$3" = kernel ] && in_container; then
    skip_in_container "sysctl $1=$2" "the parameter belongs to the whole kernel, which is the box's (there it is ${current//[[:space:]]/ })"
    return 0
  fi
  if { printf '%s' "$2" >"$path"; } 2>/dev/null; then
    note "sysctl $1"
    return 0
  fi
  if in_container; then skip_in_container "sysctl $1=$2" "the container may not set it (it is ${current//[[:space:]]/ })"; return 0; fi
  die "sysctl $1: the kernel refused the value $2 (it is $current)"
}

# --- steps ---------------------------------------------------------------------------------------------------------------

# step DESCRIPTION UNLESS-COUNT UNLESS… COMMAND…
step() {
  local description=$1 count=$2
  shift 2
  if "${@:1:count}" >/dev/null 2>&1; then return 0; fi
  "${@:count + 1}" >&2 || die "$description failed"
  note "$description"
}

# --- units ---------------------------------------------------------------------------------------------------------------

unit_names=()
declare -A unit_enabled=() unit_state=() unit_restart=() unit_reload=()

# unit NAME enabled|disabled started|stopped|masked RESTART-DIGEST RELOAD-DIGEST [needs-own-kernel]
unit() {
  if [ "${6:-}" = needs-own-kernel ] && in_container; then
    skip_in_container "unit $1" "it needs a kernel of its own"
    return 0
  fi
  unit_names+=("$1")
  unit_enabled[$1]=$2
  unit_state[$1]=$3
  unit_restart[$1]=$4
  unit_reload[$1]=$5
}

recorded() { [ -e "$engine_state/units/$1" ] && [ "$(<"$engine_state/units/$1")" = "$2" ]; }

record() {
  state_folder "$engine_state/units"
  printf '%s' "$2" >"$engine_state/units/$1.new"
  mv --force "$engine_state/units/$1.new" "$engine_state/units/$1"
}

explain_failed_units() {
  local name
  for name in "$@"; do
    systemctl is-active --quiet "$name" && continue
    printf 'unit %s did not start; the end of its log:\n' "$name" >&2
    journalctl --unit "$name" --lines 20 --no-pager --output cat >&2 || true
  done
}

# On cgroup v1 the machines of a box share its hierarchies, and one that cleans up can take a group from under the start of another:
# status 219 (systemd.exec(5), EXIT_CGROUP). That, and nothing else, is tried once more.
restart_units() {
  systemctl restart -- "$@" && return 0
  systemctl show --property=ExecMainStatus -- "$@" | grep --quiet --line-regexp 'ExecMainStatus=219' || return 1
  systemctl restart -- "$@"
}

units_done() {
  local name key value need_reload='' id=''
  local -A load=() file_state=() active=()
  ((${#unit_names[@]})) || return 0
  for name in "${unit_names[@]}"; do
    if has_good "$name" && ! recorded "$name.restart" "${unit_restart[$name]}"; then try_candidates "$name"; fi
  done
  commit_staged
  read_units() {
    local shown
    shown=$(systemctl show --property=Id --property=LoadState --property=UnitFileState --property=ActiveState --property=NeedDaemonReload -- "${unit_names[@]}") ||
      die "systemd does not say what its units do"
    while IFS='=' read -r key value; do
      case $key in
        Id) id=$value ;;
        LoadState) load[$id]=$value ;;
        UnitFileState) file_state[$id]=$value ;;
        ActiveState) active[$id]=$value ;;
        NeedDaemonReload) [ "$value" = no ] || need_reload=yes ;;
      esac
    done <<<"$shown"
  }
  read_units
  for name in "${changed[@]}"; do [[ $name != *" /etc/systemd/system/"* ]] || need_reload=yes; done
  for name in "${unit_names[@]}"; do
    # A file that a run before this one wrote, and ended before the reload.
    [ "${load[$name]:-}" != not-found ] || [ ! -e "/etc/systemd/system/$name" ] || need_reload=yes
  done
  if [ -n "$need_reload" ]; then
    systemctl daemon-reload
    read_units
  fi
  local enable=() disable=() mask=() unmask=() stop=() start=() restart=() reload=()
  for name in "${unit_names[@]}"; do
    if [ "${unit_state[$name]}" = masked ]; then
      [ "${file_state[$name]:-}" = masked ] || mask+=("$name")
      continue
    fi
    if [ "${load[$name]:-not-found}" = not-found ]; then
      [ "${unit_state[$name]}" = started ] || continue
      die "unit $name: there is no such unit on this host"
    fi
    case ${unit_enabled[$name]}:${file_state[$name]:-} in
      enabled:enabled | enabled:static | enabled:indirect | enabled:alias | disabled:disabled | disabled:static | disabled:masked | disabled:) ;;
      enabled:masked*) unmask+=("$name"); enable+=("$name") ;;
      enabled:*) enable+=("$name") ;;
      *) disable+=("$name") ;;
    esac
    if [ "${unit_state[$name]}" = stopped ]; then
      case ${active[$name]:-} in inactive | failed) ;; *) stop+=("$name") ;; esac
    elif [ "${active[$name]:-}" != active ]; then
      start+=("$name")
    elif ! recorded "$name.restart" "${unit_restart[$name]}"; then
      # A unit that ran before the plan knew it is only taken over when nothing it depends on is ours.
      if [ "${unit_restart[$name]}" = none ]; then record "$name.restart" none; else restart+=("$name"); fi
    elif ! recorded "$name.reload" "${unit_reload[$name]}"; then
      if [ "${unit_reload[$name]}" = none ]; then record "$name.reload" none; else reload+=("$name"); fi
    fi
  done
  if ((${#mask[@]})); then
    systemctl mask --now --quiet -- "${mask[@]}" 2>/dev/null
    for name in "${mask[@]}"; do note "unit $name masked"; done
  fi
  if ((${#disable[@]})); then
    systemctl disable --quiet -- "${disable[@]}" 2>/dev/null
    for name in "${disable[@]}"; do note "unit $name disabled"; done
  fi
  if ((${#stop[@]})); then
    systemctl stop -- "${stop[@]}"
    for name in "${stop[@]}"; do note "unit $name stopped"; done
  fi
  if ((${#unmask[@]})); then
    systemctl unmask --quiet -- "${unmask[@]}"
    for name in "${unmask[@]}"; do note "unit $name unmasked"; done
  fi
  if ((${#enable[@]})); then
    local said
    said=$(systemctl enable --quiet -- "${enable[@]}" 2>&1) || die "units can't be enabled: $said"
    for name in "${enable[@]}"; do note "unit $name enabled"; done
  fi
  local plain=()
  for name in "${start[@]}" "${restart[@]}"; do
    if ! has_good "$name"; then plain+=("$name"); continue; fi
    safe_restart "$name" "${unit_restart[$name]}"
    record "$name.restart" "${unit_restart[$name]}"
    record "$name.reload" "${unit_reload[$name]}"
  done
  # One call for all, so that they start side by side, each waiting for what it is ordered after.
  if ((${#plain[@]})); then
    systemctl reset-failed -- "${plain[@]}" 2>/dev/null || true
    if ! restart_units "${plain[@]}"; then
      explain_failed_units "${plain[@]}"
      exit 1
    fi
    for name in "${plain[@]}"; do
      record "$name.restart" "${unit_restart[$name]}"
      record "$name.reload" "${unit_reload[$name]}"
    done
  fi
  for name in "${start[@]}"; do note "unit $name started"; done
  for name in "${restart[@]}"; do note "unit $name restarted"; done
  for name in "${reload[@]}"; do
    systemctl reload -- "$name"
    record "$name.reload" "${unit_reload[$name]}"
    note "unit $name reloaded"
  done
}

# --- changes that could lock the operator out ---------------------------------------------------------------------------

# revert_in SECONDS: from now on, whatever was said before; at once where no timer can be had
revert_in() {
  systemctl stop redoubt-revert.timer 2>/dev/null || true
  systemctl reset-failed redoubt-revert.timer redoubt-revert.service 2>/dev/null || true
  systemd-run --quiet --collect --unit=redoubt-revert --on-active="$1" --timer-property=AccuracySec=1s \
    /usr/bin/env bash "$revert_folder/revert.sh" || {
    bash "$revert_folder/revert.sh"
    die "guarded files were put back, because no timer of their revert can be started"
  }
}

# Keeps the guarded files as they are now and undoes the change unless a second login comes in time, which runs from the end of
# this script, however it ends: on a slow host the rest of it takes longer than a login. While an earlier change is still
# unconfirmed its copies stay: they are the last state known to let the operator in.
arm_revert() {
  [ -z "${revert_armed:-}" ] || return 0
  revert_armed=yes
  if [ ! -e "$revert_folder/revert.sh" ]; then
    rm -rf "$revert_folder.new"
    mkdir --parents "$revert_folder.new"
    local path index=0
    {
      printf '#!/usr/bin/env bash\nset -u\n'
      for path in "${!activation[@]}"; do
        index=$((index + 1))
        if [ -e "$path" ]; then
          cp --preserve=all "$path" "$revert_folder.new/$index"
          printf 'cp --preserve=all %q %q\n' "$revert_folder/$index" "$path"
        else
          printf 'rm -f %q\n' "$path"
        fi
      done
      # At boot the files are put back before anything reads them. Files that go together share a command: sshd does not
      # outlive two reloads in a row.
      # shellcheck disable=SC2016 # expanded by the script that is written
      printf 'if [ "${1:-}" != boot ]; then\n'
      printf '%s\n' "${activation[@]}" | sort --unique
      printf 'fi\n'
      printf 'sync --file-system /etc\n'
      printf 'logger --tag redoubt "guarded files were reverted: no second login came within %s s"\n' "$revert_seconds"
      printf 'rm -rf %q\n' "$revert_folder"
    } >"$revert_folder.new/revert.sh"
    # A boot reads it, perhaps after a loss of power.
    sync "$revert_folder.new"/* "$revert_folder.new"
    rm -rf "$revert_folder"
    mv --no-target-directory "$revert_folder.new" "$revert_folder"
    sync "$engine_state"
  fi
  revert_in "$script_seconds"
  trap 'revert_in "$revert_seconds"' EXIT
}

activations_done() {
  local path
  local -A run=()
  for path in "${activate_paths[@]}"; do
    # The command comes quoted from the plan; files that go together share one.
    [ -n "${run[${activation[$path]}]:-}" ] || bash -c "${activation[$path]}" >&2
    run[${activation[$path]}]=yes
    note "activated $path"
  done
}

# --- readiness ------------------------------------------------------------------------------------------------------------

# ready DESCRIPTION SECONDS COMMAND…
ready() {
  local description=$1 seconds=$2 output='' deadline
  shift 2
  deadline=$((SECONDS + seconds))
  until output=$("$@" 2>&1); do
    ((SECONDS < deadline)) || die "$description: not so after $seconds s; last answer: ${output##*$'\n'}"
    still "$description"
    sleep 0.1
  done
}

# Says every ten seconds what is waited for. Where nobody listens any more, as after an up that was killed, that ends the script: it
# would go on when its time comes, and undo what another one has done since.
still() {
  ((SECONDS >= ${still_next:-10})) || return 0
  still_next=$((SECONDS + 10))
  printf 'waiting: %s\n' "$1" >&2
}

# precondition DESCRIPTION SECONDS COMMAND…: as ready, before anything is changed
precondition() { ready "$@"; }
