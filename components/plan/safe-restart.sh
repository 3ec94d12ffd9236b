# Restarts that can't take a working service down. Read after converge.sh, whose words it uses.
#
# A unit of this kind has a good state on the host: copies of every file that it was started with when it last became ready.
# While it runs, new content of those files waits as candidates; a check tries them, then they take their places, then the unit
# restarts. When it does not become ready the copies are put back and it runs with them again. The good state is written only after
# readiness, so what a run left behind that was cut off is never taken for one.
# shellcheck shell=bash disable=SC2154

readonly safe_folder=$engine_state/safe
# Longest wait for an answer of a unit of which none is due.
readonly serves_seconds=10
# unit → seconds until it must be ready; its readiness command and its check, quoted; `{}` in the check is the candidates' folder.
declare -A safe_seconds=() safe_ready=() safe_check=()
# unit → paths that the plan knows it by; path → such units.
declare -A safe_paths=() guards=()
# Paths whose candidates wait; paths that this run made; paths to remove when all is well.
staged=() born=() late_absent=()
declare -A fallback_known=()

# safe_unit NAME SECONDS READY CHECK PATH…
safe_unit() {
  local unit=$1 path
  mkdir --parents "$safe_folder/$unit"
  rm -rf "$safe_folder/$unit/candidate"
  # A run that was cut off while it replaced the good state.
  if [ ! -e "$safe_folder/$unit/good" ] && [ -e "$safe_folder/$unit/good.new/digest" ]; then
    mv --no-target-directory "$safe_folder/$unit/good.new" "$safe_folder/$unit/good"
  fi
  rm -rf "$safe_folder/$unit/good.new"
  safe_seconds[$unit]=$2
  safe_ready[$unit]=$3
  safe_check[$unit]=$4
  shift 4
  safe_paths[$unit]=$(printf '%s\n' "$@")
  while IFS= read -r path; do
    [ -z "$path" ] || guards[$path]="${guards[$path]:-} $unit"
  done < <(unit_paths "$unit"; cat "$safe_folder/$unit/good/paths" 2>/dev/null || true)
  adopt_good "$unit"
}

# What the secret files' script must know of the units that a plan declared.
remember_safe_unit() {
  local unit=$1 definition paths=()
  mapfile -t paths <<<"${safe_paths[$unit]}"
  definition=$(printf '%q ' safe_unit "$unit" "${safe_seconds[$unit]}" "${safe_ready[$unit]}" "${safe_check[$unit]}" "${paths[@]}")
  [ "$(cat "$safe_folder/$unit/unit" 2>/dev/null)" != "$definition" ] || return 0
  printf '%s\n' "$definition" >"$safe_folder/$unit/unit.new"
  mv --force "$safe_folder/$unit/unit.new" "$safe_folder/$unit/unit"
}

# For a script without a plan: the units that read what it writes.
load_safe_units() {
  local unit
  for unit in $(printf '%s\n' "${readers[@]}" | tr ' ' '\n' | sort --unique); do
    # shellcheck source=/dev/null
    [ ! -e "$safe_folder/$unit/unit" ] || source "$safe_folder/$unit/unit"
  done
}

# Which secret files a unit reads is known to their script only; it leaves the list for the plan's.
remember_secret_paths() {
  local path unit
  local -A lists=()
  for path in "${!readers[@]}"; do
    for unit in ${readers[$path]}; do lists[$unit]+="$path"$'\n'; done
  done
  mkdir --parents "$engine_state/units"
  for unit in "${!lists[@]}"; do
    printf '%s' "${lists[$unit]}" | sort >"$engine_state/units/$unit.secrets.new"
    mv --force "$engine_state/units/$unit.secrets.new" "$engine_state/units/$unit.secrets"
  done
}

# Every path that a unit was started with.
unit_paths() {
  { printf '%s\n' "${safe_paths[$1]}"; cat "$engine_state/units/$1.secrets" 2>/dev/null || true; } | sort --unique
}

has_good() { [ -n "${safe_ready[$1]:-}" ] && [ -e "$safe_folder/$1/good" ]; }

# A unit that serves and has a good state: only then is there something to protect. One that runs and does not serve may wait for just what
# this run brings, as for certificates that have not ended, and no check would ever accept them.
has_fallback() {
  has_good "$1" || return 1
  if [ -z "${fallback_known[$1]:-}" ]; then
    if systemctl is-active --quiet "$1" && serves_soon "$1"; then fallback_known[$1]=yes; else fallback_known[$1]=no; fi
  fi
  [ "${fallback_known[$1]}" = yes ]
}

# serves_soon UNIT: it may be between two answers.
serves_soon() {
  local seconds=${safe_seconds[$1]}
  await "$1" $((SECONDS + (seconds < serves_seconds ? seconds : serves_seconds)))
}

# guardians PATH: units with a fallback that were started with it, or will be; in `guardian_units`.
guardians() {
  local unit
  guardian_units=()
  for unit in ${guards[$1]:-} ${restarts[$1]:-} ${readers[$1]:-}; do
    if [[ " ${guardian_units[*]} " != *" $unit "* ]] && has_fallback "$unit"; then guardian_units+=("$unit"); fi
  done
  ((${#guardian_units[@]}))
}

# stage PATH CANDIDATE: it waits for its check instead of replacing the file.
stage() {
  local unit
  for unit in "${guardian_units[@]}"; do
    mkdir --parents "$safe_folder/$unit/candidate${1%/*}"
    cp --preserve=all --no-target-directory "$2" "$safe_folder/$unit/candidate$1"
  done
  rm -f "$2"
  staged+=("$1")
}

# will_restart UNIT: as commit_staged and restart_readers will decide; a file that is new restarts nobody.
will_restart() {
  local path
  [ ! -e "$engine_state/units/$1.pending" ] || return 0
  for path in "${staged[@]}"; do
    if [ -e "$path" ] && [[ " ${readers[$path]:-} " == *" $1 "* ]]; then return 0; fi
  done
  return 1
}

commit_staged() {
  local path candidate
  for path in "${staged[@]}"; do
    guardians "$path"
    (umask 022 && mkdir --parents "${path%/*}")
    candidate="${path%/*}/.${path##*/}.redoubt-new"
    cp --preserve=all --no-target-directory "$safe_folder/${guardian_units[0]}/candidate$path" "$candidate"
    [ -e "$path" ] || born+=("$path")
    forget_digests "$path"
    mv --force --no-target-directory "$candidate" "$path"
    note "file $path"
  done
  staged=()
  for candidate in "${!safe_ready[@]}"; do rm -rf "$safe_folder/$candidate/candidate"; done
}

# try_candidates UNIT: what is about to replace the running configuration must work beside it first.
try_candidates() {
  local unit=$1 folder=$safe_folder/$1/candidate
  if [ -z "${safe_check[$unit]}" ] || ! has_fallback "$unit"; then return 0; fi
  mkdir --parents "$folder"
  # The command comes quoted from the plan.
  if bash -c "${safe_check[$unit]//\{\}/$folder}" >&2 </dev/null; then return 0; fi
  rm -rf "$folder"
  put_back "$unit"
  refused "$unit" "the new configuration was refused by its check; the unit runs on with the old one.$(explain_put_back)"
}

# refused UNIT TEXT: ends the run; who waits for the unit's new version on this host reads that it will not come (upgrade-turn.ts)
refused() {
  printf '%s\n' "$2" >"$safe_folder/$1/refused" || true
  die "unit $1: $2"
}

# await UNIT DEADLINE: in `last_answer` what it said last.
await() {
  until last_answer=$(bash -c "${safe_ready[$1]}" 2>&1 </dev/null); do
    ((SECONDS < $2)) || return 1
    sleep 0.2
  done
}

# try_restart UNIT: true when it restarted and became ready in time.
try_restart() {
  local seconds=${safe_seconds[$1]} deadline
  deadline=$((SECONDS + seconds))
  last_answer='it did not start'
  systemctl reset-failed -- "$1" 2>/dev/null || true
  timeout "$seconds" systemctl restart -- "$1" && await "$1" "$deadline"
}

# safe_restart UNIT DIGEST
safe_restart() {
  local unit=$1 answer dependents=()
  read -ra dependents < <(systemctl show --property=RequiredBy --value -- "$unit") || true
  if try_restart "$unit"; then
    keep_good "$unit" "$2"
    return 0
  fi
  answer=${last_answer##*$'\n'}
  printf 'unit %s: not ready within %s s of its restart (%s); the end of its log:\n' "$unit" "${safe_seconds[$unit]}" "$answer" >&2
  journalctl --unit "$unit" --lines 20 --no-pager --output cat >&2 || true
  put_back "$unit"
  if try_restart "$unit"; then
    # They stopped with it, and only its success would have brought them back.
    if ((${#dependents[@]})); then systemctl start --no-block -- "${dependents[@]}" || true; fi
    refused "$unit" "the new configuration did not work, and the unit runs with the old one again.$(explain_put_back)"
  fi
  refused "$unit" "the new configuration did not work, nor does the old one now (${last_answer##*$'\n'}).$(explain_put_back)"
}

explain_put_back() {
  ((${#put_back_paths[@]})) || return 0
  printf ' Put back: %s' "${put_back_paths[*]}"
}

# --- the good state ----------------------------------------------------------------------------------------------------

# A program is replaced, never written in place: a link to it costs nothing.
copy_of() {
  if [ -f "$1" ] && [ -x "$1" ] && cp --archive --link --no-target-directory "$1" "$2" 2>/dev/null; then return 0; fi
  cp --archive --no-target-directory "$1" "$2"
}

same_file() {
  if [ -L "$1" ] || [ -L "$2" ]; then [ "$(readlink "$1")" = "$(readlink "$2")" ]; return; fi
  [ ! "$1" -ef "$2" ] || return 0
  [ -f "$2" ] && cmp --silent "$1" "$2" && [ "$(stat --format '%U %G %a' "$1")" = "$(stat --format '%U %G %a' "$2")" ]
}

# keep_good UNIT DIGEST: it is ready with what lies on disk now.
keep_good() {
  local folder=$safe_folder/$1 path
  rm -rf "$folder/good.new"
  mkdir --parents "$folder/good.new/files"
  while IFS= read -r path; do
    [ -e "$path" ] || [ -L "$path" ] || continue
    mkdir --parents "$folder/good.new/files${path%/*}"
    copy_of "$path" "$folder/good.new/files$path"
    printf '%s\n' "$path" >>"$folder/good.new/paths"
  done < <(unit_paths "$1")
  # Last: with it the copy is whole.
  printf '%s' "$2" >"$folder/good.new/digest"
  rm -rf "$folder/good"
  mv --no-target-directory "$folder/good.new" "$folder/good"
}

# adopt_good UNIT: the first good state of a unit that became ready with what lies on disk: nothing was changed since it started.
adopt_good() {
  local digest=$engine_state/units/$1.restart
  if [ -e "$safe_folder/$1/good" ] || [ ! -e "$digest" ] || [ -e "$engine_state/units/$1.pending" ]; then return 0; fi
  if systemctl is-active --quiet "$1" && bash -c "${safe_ready[$1]}" >/dev/null 2>&1 </dev/null; then keep_good "$1" "$(<"$digest")"; fi
}

# put_back UNIT: its files become what they were when it was last ready; what differed is in `put_back_paths`.
put_back() {
  local good=$safe_folder/$1/good path
  put_back_paths=()
  while IFS= read -r path; do
    if same_file "$good/files$path" "$path"; then continue; fi
    mkdir --parents "${path%/*}"
    rm -rf "$path.redoubt-new"
    copy_of "$good/files$path" "$path.redoubt-new"
    mv --force --no-target-directory "$path.redoubt-new" "$path"
    put_back_paths+=("$path")
  done <"$good/paths"
  for path in "${born[@]}"; do rm -f "$path"; done
  rm -f "$engine_state/units/$1.pending"
  record "$1.restart" "$(<"$good/digest")"
  [[ " ${put_back_paths[*]}" != *" /etc/systemd/system/"* ]] || systemctl daemon-reload
}

# Last in a plan, when everything is ready.
safe_units_done() {
  local unit path
  for unit in "${!safe_ready[@]}"; do
    adopt_good "$unit"
    remember_safe_unit "$unit"
  done
  for path in "${late_absent[@]}"; do remove_path "$path"; done
}
