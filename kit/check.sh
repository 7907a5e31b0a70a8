# `check`: everything that can be known before anything is changed. All reasons are told; the exit code is that of the first.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

FIRST_CODE=0

reason() { # EXIT-CODE TEXT
  complain "$2"
  ((FIRST_CODE != 0)) || FIRST_CODE=$1
}

check_command() {
  # The settings first: a wrong one is a usage error, not a finding.
  [[ -z ${DOCKER_REGISTRY:-} ]] || registry_settings
  check_tools
  check_files
  check_unlisted
  check_space
  [[ -z ${DOCKER_REGISTRY:-} ]] || check_registry
  check_juju
  ((FIRST_CODE == 0)) || exit "$FIRST_CODE"
  printf 'check: all is well\n'
}

check_tools() {
  local tool
  for tool in curl tar gzip sed awk grep sha256sum base64 mktemp df sort head tr cut stat; do
    command -v -- "$tool" >/dev/null || reason "$E_TOOL" "not installed on this machine: $tool"
  done
  [[ $WITH != skopeo ]] || command -v skopeo >/dev/null || reason "$E_TOOL" 'not installed on this machine: skopeo'
}

check_files() {
  local line found=''
  if [[ ! -s $ROOT/SHA256SUMS ]]; then
    reason "$E_CHECKSUM" 'SHA256SUMS is missing from the archive'
    return 0
  fi
  progress 'comparing every file with SHA256SUMS'
  workspace
  (cd -- "$ROOT" && sha256sum -c --quiet --strict -- SHA256SUMS) >"$TMP/sums" 2>&1 && return 0
  while IFS= read -r line; do
    case $line in
      sha256sum:*) continue ;;
      *": FAILED open or read") line="${line%: *}: missing" ;;
      *": FAILED") line="${line%: *}: altered" ;;
    esac
    reason "$E_CHECKSUM" "$line"
    found=yes
  done <"$TMP/sums"
  [[ -n $found ]] || reason "$E_CHECKSUM" "$(sed -n 1p "$TMP/sums")"
}

# A file that nobody put there is nothing that anybody checked.
check_unlisted() {
  local line path own
  local -A known=()
  [[ -s $ROOT/SHA256SUMS ]] || return 0
  while IFS= read -r line; do known["=${line:66}"]=1; done <"$ROOT/SHA256SUMS"
  own=${SHRINKWRAP_LOG:+$(realpath -m -- "$SHRINKWRAP_LOG")}
  shopt -s globstar dotglob nullglob
  for path in "$ROOT"/**; do
    [[ -L $path || ! -d $path ]] || continue
    line=${path#"$ROOT"/}
    case $line in
      SHA256SUMS | overlays/registry.yaml | .state/* | logs/*) [[ -L $path ]] || continue ;;
      *.log) [[ $line == */* || -L $path ]] || continue ;;
    esac
    [[ -z $own || $path != "$own" ]] || continue
    if [[ -L $path ]]; then
      reason "$E_CHECKSUM" "$line: a symbolic link; the archive has none"
    elif [[ -z ${known["=$line"]:-} ]]; then
      reason "$E_CHECKSUM" "$line: not in SHA256SUMS"
    fi
  done
  shopt -u globstar dotglob nullglob
}

# Each of the images that are pushed at the same time is unpacked once.
check_space() {
  local need have where=${TMPDIR:-/tmp}
  load_images
  ((${#IMAGES[@]} > 0)) || return 0
  need=$(printf '%s\n' "${IMAGES[@]}" | awk -F '\t' '{ print $6 }' | sort -rn |
    awk -v "jobs=$JOBS" 'NR <= jobs { sum += $1 } END { printf "%.0f\n", sum / 1024 + 1 }')
  have=$(df -Pk -- "$where" | awk 'NR == 2 { print $4 }') || have=0
  [[ $have =~ ^[0-9]+$ ]] || have=0
  ((have >= need)) || reason "$E_FAILED" "$where has $((have / 1024)) MiB free, unpacking images needs $((need / 1024 + 1)) MiB: set TMPDIR, or --jobs 1"
}

check_registry() {
  if registry_open; then
    progress "registry $BASE answers"
  else
    reason "$E_REGISTRY" "$REASON"
  fi
}

check_juju() {
  local text
  if [[ -z $(juju_client) ]]; then
    progress "${JUJU:-juju} is not installed on this machine; \`deploy --yes\` will need it"
    return 0
  fi
  juju_gate
  for text in "${REASONS[@]}"; do
    if [[ -n $FORCE_JUJU ]]; then warn "$text"; else reason "$E_JUJU" "$text"; fi
  done
  ((${#REASONS[@]} > 0)) || progress "juju $JUJU_VERSION is suitable"
}
