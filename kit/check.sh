# `check`: everything that can be known before anything is changed. All reasons are told; the exit code is that of the first.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

FIRST_CODE=0
# One function each, in this order; --skip takes any of them.
CHECKS='tools|files|unlisted|space|clock|names|registry|store|juju'

reason() { # EXIT-CODE TEXT
  complain "$2"
  ((FIRST_CODE != 0)) || FIRST_CODE=$1
}

check_command() {
  local name
  # The settings first: a wrong one is a usage error, not a finding.
  [[ -z ${DOCKER_REGISTRY:-} ]] || registry_settings
  site_settings
  for name in ${CHECKS//|/ }; do
    [[ ,$SKIP, == *,$name,* ]] || "check_$name"
  done
  ((FIRST_CODE == 0)) || exit "$FIRST_CODE"
  printf 'check: all is well%s\n' "${SKIP:+ (not looked at: $SKIP)}"
}

check_tools() {
  local tool
  for tool in curl tar gzip sed awk grep sha256sum base64 mktemp df sort head tr cut stat; do
    command -v -- "$tool" >/dev/null || reason "$E_TOOL" "not installed on this machine: $tool"
  done
  [[ $WITH == curl ]] || command -v "$WITH" >/dev/null || reason "$E_TOOL" "not installed on this machine: $WITH"
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
      SHA256SUMS | overlays/registry.yaml | model-config.yaml | add-model.yaml | bootstrap-defaults.yaml | .state/* | logs/*) [[ -L $path ]] || continue ;;
      # The archive itself lies here when it was unpacked where it was packed.
      *-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].tar.gz | *.log) [[ $line == */* || -L $path ]] || continue ;;
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

# Each of the images that are pushed at the same time is unpacked once, small ones a few at a time; those of a layout are not.
check_space() {
  local need have where=${TMPDIR:-/tmp}
  load_images
  ((${#IMAGES[@]} > 0)) || return 0
  need=$(printf '%s\n' "${IMAGES[@]}" | awk -F '\t' '$2 !~ /\.json$/ { print $6 }' | sort -rn |
    awk -v "jobs=$JOBS" 'NR <= jobs { sum += $1 } END { printf "%.0f\n", sum / 1024 + 1 }')
  have=$(df -Pk -- "$where" | awk 'NR == 2 { print $4 }') || have=0
  [[ $have =~ ^[0-9]+$ ]] || have=0
  ((have >= need)) || reason "$E_FAILED" "$where has $((have / 1024)) MiB free, unpacking images needs $((need / 1024 + 1)) MiB: set TMPDIR, or --jobs 1"
}

# A clock that is behind makes certificates and assertions of today invalid.
check_clock() {
  local now packed created
  created=$(manifest_field created)
  now=$(date +%s) packed=0
  [[ ! $created =~ ^[0-9TZ:-]+$ ]] || packed=$(date -d "$created" +%s 2>/dev/null) || packed=0
  if ((now < 1451606400 || now < packed - 86400)); then
    reason "$E_FAILED" "the clock of this machine says $(date -u +%Y-%m-%d): the archive was packed later, on ${created%T*}; set the time"
  fi
  [[ -n ${REGISTRY_CA:-} && -n $(command -v openssl) ]] || return 0
  openssl x509 -checkend 0 -noout -in "$REGISTRY_CA" >/dev/null 2>&1 || reason "$E_REGISTRY" "REGISTRY_CA: $REGISTRY_CA has expired or is no certificate"
}

check_registry() {
  [[ -n ${DOCKER_REGISTRY:-} ]] || return 0
  if ! registry_open; then
    reason "$E_REGISTRY" "$REASON"
  elif [[ -z $DRY_RUN && ${#IMAGES[@]} -gt 0 ]]; then
    may_push || return 0
    progress "registry $BASE answers and takes uploads"
  else
    progress "registry $BASE answers"
  fi
}

# Opens an upload where the first image goes and gives it up again.
may_push() {
  local target=${IMAGES[0]##*$'\t'} repository
  target=${target%%,*}
  [[ $target =~ ^$REPOSITORY_PATTERN:$TAG_PATTERN$ ]] || return 0
  repository=$PREFIX/${target%:*}
  ACTIONS=pull,push
  use_repository "$repository"
  request -X POST -H 'Content-Length: 0' --url "$BASE/v2/$repository/blobs/uploads/"
  if [[ $CODE != 202 ]]; then
    reason "$E_REGISTRY" "registry $BASE does not take uploads to $repository: $(answer)"
    return 1
  fi
  header location "$WORK/head"
  absolute "$repository" "$HEADER"
  [[ -z $LOCATION ]] || request_there "$LOCATION" --retry 0 -X DELETE --url "$LOCATION"
}

check_juju() {
  local text
  has_bundle || return 0
  if [[ -z $(juju_client) ]]; then
    progress "${JUJU:-juju} is not installed on this machine; \`deploy --yes\` will need it"
    return 0
  fi
  juju_gate
  for text in "${REASONS[@]}"; do
    if [[ -n $FORCE_JUJU ]]; then warn "$text"; else reason "$E_JUJU" "$text"; fi
  done
  ((${#REASONS[@]} > 0)) || progress "juju $JUJU_VERSION is suitable"
  if ! model_exists; then
    text="juju does not know the model ${JUJU_MODEL:-(current)}: ./deploy.sh model-config says how to make it"
    if [[ -n ${JUJU_MODEL:-} || ($COMMAND == all && -n $YES) ]]; then reason "$E_JUJU" "$text"; else progress "$text"; fi
  fi
}
