# What every part of the kit uses: messages, exit codes, temporary files, tables.
# shellcheck shell=bash
# shellcheck disable=SC2034  # the constants are for the files that are sourced after this one

# The exit codes of deploy.sh are an interface; `./deploy.sh help` lists them.
readonly E_FAILED=1 E_USAGE=2 E_TOOL=3 E_CHECKSUM=4 E_REGISTRY=5 E_IMAGES=6 E_STORE=7 E_JUJU=8 E_DEPLOY=9

TMP=''
# A file that is written and does not have its name yet.
DRAFT=''
WORKERS=()

# Names come out of data files: a control character in one must not reach the terminal.
printable() { printf '%s' "${1//[[:cntrl:]]/?}"; }

# Where messages go besides the terminal: SHRINKWRAP_LOG, else deploy.log at the top of the archive; empty when nothing may be written.
LOG=''

log() {
  [[ -z $LOG ]] || TZ=UTC0 printf '%(%Y-%m-%dT%H:%M:%SZ)T %s\n' -1 "${1//[[:cntrl:]]/?}" >>"$LOG"
}

# A rehearsal leaves no trace; a log of one's own must be writable, the usual one is left out where it cannot be written.
open_log() {
  [[ -z $DRY_RUN ]] || return 0
  if [[ -n ${SHRINKWRAP_LOG:-} ]]; then
    { : >>"$SHRINKWRAP_LOG"; } 2>/dev/null || usage_error "SHRINKWRAP_LOG: cannot write $SHRINKWRAP_LOG"
    LOG=$SHRINKWRAP_LOG
  elif [[ ! -L $ROOT/deploy.log ]] && { : >>"$ROOT/deploy.log"; } 2>/dev/null; then
    LOG=$ROOT/deploy.log
  fi
  log "deploy.sh ${ARGUMENTS:-(no command)}"
}

message() { # COLOUR WORD TEXT
  log "$2$3"
  if [[ -t 2 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    printf '\033[%sm%s\033[0m%s\n' "$1" "$2" "${3//[[:cntrl:]]/?}" >&2
  else
    printf '%s%s\n' "$2" "${3//[[:cntrl:]]/?}" >&2
  fi
}

progress() { if [[ -n $QUIET ]]; then log "$1"; else message 0 '' "$1"; fi; }
detail() { [[ -z $VERBOSE ]] || message 2 '' "$1"; }
warn() { message 33 'warning: ' "$1"; }
complain() { message 31 'error: ' "$1"; }

die() { # EXIT-CODE TEXT
  complain "$2"
  exit "$1"
}

usage_error() {
  complain "$1"
  printf 'Try ./deploy.sh help\n' >&2
  exit "$E_USAGE"
}

# One command as a person would type it.
command_line() {
  local word text=''
  for word in "$@"; do
    printf -v word '%q' "$word"
    text+="${text:+ }$word"
  done
  printf '%s' "$text"
}

# Runs a command, or with --dry-run prints it and changes nothing.
run() {
  if [[ -n $DRY_RUN ]]; then
    printf '+ %s\n' "$(command_line "$@")"
  else
    detail "+ $(command_line "$@")"
    "$@"
  fi
}

# TMP exists from the first call on; nobody else may read it, and it goes when the script goes.
workspace() {
  [[ -z $TMP ]] || return 0
  TMP=$(mktemp -d -- "${TMPDIR:-/tmp}/shrinkwrap.XXXXXXXX") || die "$E_FAILED" "cannot make a temporary directory below ${TMPDIR:-/tmp}; set TMPDIR"
}

leave() {
  local pid
  # Each worker leads a process group, so that the curl it waits for ends with it.
  for pid in "${WORKERS[@]}"; do kill -TERM -- "-$pid" 2>/dev/null || true; done
  [[ -z $DRAFT ]] || rm -f -- "$DRAFT"
  [[ -z $TMP ]] || rm -rf -- "$TMP"
}

require_tools() {
  local tool missing=()
  for tool in "$@"; do command -v -- "$tool" >/dev/null || missing+=("$tool"); done
  ((${#missing[@]} == 0)) || die "$E_TOOL" "not installed on this machine: ${missing[*]}"
}

# load_table ARRAY FILE COLUMN... puts the rows of a table of the archive into ARRAY. The header must be exactly the columns. A row of another
# width or with an empty field is refused: `read` counts neighbouring tabs as one, its fields would move.
load_table() {
  local -n rows_of=$1
  local file=$2 text header
  shift 2
  printf -v header '%s\t' "$@"
  rows_of=()
  [[ -f $ROOT/$file ]] || die "$E_CHECKSUM" "$file is missing from the archive"
  text=$(awk -F '\t' -v "header=${header%$'\t'}" '
    NR == 1 { if ($0 != header) exit 1; width = NF; next }
    { if (NF != width) exit 1; for (i = 1; i <= NF; i++) if ($i == "") exit 1; print }
    END { if (NR == 0) exit 1 }' <"$ROOT/$file") ||
    die "$E_CHECKSUM" "$file is not the table it should be; unpack the archive again"
  [[ -z $text ]] || mapfile -t rows_of <<<"$text"
}

# Whether the archive was packed with a file, whatever became of it since.
listed() { grep -qxE "[0-9a-f]{64}  ${1//./\\.}" -- "$ROOT/SHA256SUMS" 2>/dev/null; }

# Facts about this archive by key; `-` and absent are both the empty text.
declare -A ARCHIVE=()

load_archive() {
  local lines line key value
  load_table lines kit/data/archive.tsv key value
  for line in "${lines[@]}"; do
    IFS=$'\t' read -r key value <<<"$line"
    [[ $value == - ]] || ARCHIVE["$key"]=$value
  done
}

# A text at the top level of manifest.json, which is written with two spaces of indentation; nothing where there is none. What differs between two
# packings of the same plan stands there and not in the table.
manifest_field() { # NAME
  sed -n "s/^  \"$1\": \"\([^\"\\]*\)\",\{0,1\}\$/\1/p" "$ROOT/manifest.json" 2>/dev/null || true
}

# An archive of images alone has nothing for juju.
has_bundle() { [[ -f $ROOT/bundle.yaml ]] || listed bundle.yaml; }

require_bundle() { # COMMAND
  has_bundle || usage_error "$1 is for an archive with a Juju bundle; this one has none"
}

# Charms up to 1.28 have a resource for each snap; those from 1.29 on know the store only.
has_snap_resources() { compgen -G "$ROOT/resources/*/kubectl/*.snap" >/dev/null; }

# Rows of containers/images.tsv that --only selects; an archive that was packed without images has none.
IMAGES=()
# All of them, whatever --only says.
ALL_IMAGES=()

load_images() {
  local row image targets
  IMAGES=()
  ALL_IMAGES=()
  [[ -f $ROOT/containers/images.tsv ]] || listed containers/images.tsv || return 0
  load_table ALL_IMAGES containers/images.tsv image file digest media_type platform size index_digest targets
  for row in "${ALL_IMAGES[@]}"; do
    IFS=$'\t' read -r image _ _ _ _ _ _ targets <<<"$row"
    # shellcheck disable=SC2053  # a pattern is meant
    [[ $image == *$ONLY* || $targets == *$ONLY* ]] && IMAGES+=("$row")
  done
  [[ -z $ONLY || ${#IMAGES[@]} -gt 0 ]] || usage_error "--only $ONLY selects no image of this archive"
  load_indexes
  assign_indexes
}

# `duration 75` is 1 min.
duration() { # SECONDS
  if (($1 < 60)); then printf '%d s' "$1"; elif (($1 < 5400)); then printf '%d min' $((($1 + 30) / 60)); else printf '%d h' $((($1 + 1800) / 3600)); fi
}

mebibytes() { # BYTES -> 0.3 MiB
  local tenths=$((($1 * 10 + 524288) / 1048576))
  printf '%d.%d MiB' $((tenths / 10)) $((tenths % 10))
}
