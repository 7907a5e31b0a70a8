# `images` fills the registry with what containers/images.tsv lists.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

# FAULT becomes why a row cannot be used, or nothing: its words go into addresses and file names.
FAULT=''
row_fault() { # FILE DIGEST MEDIA-TYPE SIZE TARGETS
  local target targets
  FAULT='the file name is not one of containers/'
  [[ $1 == containers/?* && "/$1/" != */../* && $1 != *:* ]] || return 0
  FAULT='the digest is none'
  [[ $2 =~ ^sha256:[0-9a-f]{64}$ ]] || return 0
  FAULT='the media type is none'
  [[ $3 =~ ^application/[A-Za-z0-9.+-]+$ ]] || return 0
  FAULT='the size is no number'
  [[ $4 =~ ^(0|[1-9][0-9]{0,14})$ ]] || return 0
  FAULT='it has no target'
  IFS=, read -r -a targets <<<"$5"
  ((${#targets[@]} > 0)) || return 0
  FAULT='the target is not PATH:TAG'
  for target in "${targets[@]}"; do
    [[ $target =~ ^$REPOSITORY_PATTERN:$TAG_PATTERN$ ]] || return 0
  done
  FAULT=''
}

images_command() {
  local number
  if [[ -n $SIDELOAD ]]; then
    sideload_images
    return 0
  fi
  load_images
  if ((${#IMAGES[@]} == 0)); then
    printf 'This archive was packed without images: nothing to push.\n'
    return 0
  fi
  registry_settings
  extend_targets
  require_tools curl tar gzip sed awk grep base64 sha256sum
  [[ $WITH == curl ]] || require_tools "$WITH"
  engine_warning
  if [[ -n $DRY_RUN ]]; then
    images_dry_run
    return 0
  fi
  registry_open || die "$E_REGISTRY" "$REASON"
  ACTIONS=pull,push
  mkdir -- "$TMP/claim" "$TMP/result" "$TMP/blobs" "$TMP/held" "$TMP/sound"
  : >"$TMP/progress"
  STARTED=$SECONDS
  survey_images
  # With job control on, each worker is a process group of its own: see leave().
  set -m
  for ((number = 0; number < JOBS && number < ${#IMAGES[@]}; number++)); do
    push_worker "$number" </dev/null &
    WORKERS+=("$!")
  done
  set +m
  wait "${WORKERS[@]}" || true
  WORKERS=()
  writes_own_manifests || push_indexes
  images_summary
}

TOTAL_BYTES=0
STARTED=0

survey_images() {
  local row file digest media_type size targets target list names=()
  TOTAL_BYTES=0
  for row in "${IMAGES[@]}"; do
    IFS=$'\t' read -r _ file digest media_type _ size _ targets <<<"$row"
    row_fault "$file" "$digest" "$media_type" "$size" "$targets"
    [[ -z $FAULT ]] || continue
    TOTAL_BYTES=$((TOTAL_BYTES + size))
    IFS=, read -r -a list <<<"$targets"
    for target in "${list[@]}"; do names+=("$PREFIX/$target"); done
  done
  survey "${names[@]}"
}

push_worker() { # NUMBER
  WORK=$TMP/worker-$1
  mkdir -- "$WORK" "$WORK/from"
  [[ ! -f $TMP/registry/auth ]] || cp -- "$TMP/registry/auth" "$WORK/auth"
  REPOSITORY=''
  NEXT=0
  while take_rows; do push_rows; done
}

# Small images go together; a large one alone. No more than this is unpacked beside the last one that was taken.
readonly TOGETHER_BYTES=16777216
TAKEN=()
NEXT=0

# TAKEN becomes rows that nobody has taken; 1 when none is left.
take_rows() {
  local most=$((${#IMAGES[@]} / (JOBS * 2))) bytes=0
  TAKEN=()
  ((most < 9)) || most=8
  if ((most < 1)) || [[ $WITH != curl ]] || by_token; then most=1; fi
  for (( ; NEXT < ${#IMAGES[@]} && ${#TAKEN[@]} < most && bytes < TOGETHER_BYTES; NEXT++)); do
    claim "$TMP/claim/$NEXT" || continue
    TAKEN+=("$NEXT")
    read_row "$NEXT"
    [[ ! $SIZE =~ ^[1-9][0-9]{0,14}$ ]] || bytes=$((bytes + SIZE))
  done
  ((${#TAKEN[@]} > 0))
}

# Makes a file that nobody else has made; 1 when somebody has.
claim() { # FILE
  local result=0
  set -C
  { printf '%s\n' "$BASHPID" >"$1"; } 2>/dev/null || result=1
  set +C
  return "$result"
}

# The fields of a row.
IMAGE='' FILE='' DIGEST='' MEDIA_TYPE='' SIZE=0 NAMED='' TARGETS=''
read_row() { IFS=$'\t' read -r IMAGE FILE DIGEST MEDIA_TYPE _ SIZE NAMED TARGETS <<<"${IMAGES[$1]}"; }

# By row, the targets whose tag does not have the digest yet, its own or that of its index.
declare -A WANTED=()

push_rows() {
  local row rows=() list
  for row in "${TAKEN[@]}"; do
    WHY='' SENT=0
    if begin_row "$row"; then rows+=("$row"); fi
  done
  ((${#rows[@]} > 0)) || return 0
  if [[ $WITH == curl ]]; then
    push_curl "${rows[@]}"
    return 0
  fi
  for row in "${rows[@]}"; do
    read_row "$row"
    IFS=, read -r -a list <<<"${WANTED[$row]}"
    if stage_image && "push_$WITH" "$FILE" "$DIGEST" "${list[@]}"; then finish_row "$row" pushed; else finish_row "$row" failed; fi
  done
}

# Whether there is something to push; a row that is refused or there already is finished.
begin_row() { # ROW
  local target list wanted=()
  read_row "$1"
  row_fault "$FILE" "$DIGEST" "$MEDIA_TYPE" "$SIZE" "$TARGETS"
  if [[ -n $FAULT ]]; then
    WHY="refused: $FAULT"
    finish_row "$1" failed
    return 1
  fi
  if writes_own_manifests && ! stands_for_name "$1"; then
    finish_row "$1" 'left out'
    return 1
  fi
  IFS=, read -r -a list <<<"$TARGETS"
  for target in "${list[@]}"; do
    if ! known_digest "$PREFIX/${target%:*}" "${target##*:}"; then
      WHY="$PREFIX/$target: $(answer)"
      finish_row "$1" failed
      return 1
    fi
    [[ $FOUND == "${INDEX_OF["=$target"]:-$DIGEST}" ]] || same_image "$FILE" "$PREFIX/$target" || wanted+=("$target")
  done
  printf -v WANTED["$1"] '%s,' "${wanted[@]}"
  WANTED[$1]=${WANTED[$1]%,}
  [[ -z ${WANTED[$1]} ]] || return 0
  finish_row "$1" present
  return 1
}

# Writes down what became of a row, with its reason in WHY and the bytes that travelled in SENT.
finish_row() { # ROW OUTCOME
  local name=$PREFIX/ size
  read_row "$1"
  name+=${TARGETS%%,*} size=$SIZE
  if [[ $WHY == refused:* ]]; then name=$IMAGE size=0; fi
  printf '%s\t%s\t%s\t%s\n' "$2" "$SENT" "${name//[[:cntrl:]]/?}" "${WHY//[[:cntrl:]]/?}" >"$TMP/result/$1"
  printf '%s %s %s\n' "$1" "$size" "$2" >>"$TMP/progress"
  [[ -z $QUIET || $2 == failed || -n $LOG ]] || return 0
  row_progress "$1"
  case $2 in
    pushed) progress "$PLACE $name pushed $(mebibytes "$size")$REMAINS" ;;
    present) progress "$PLACE $name already there" ;;
    'left out') progress "$PLACE $name left out: another image has its tag" ;;
    failed) complain "$PLACE $name: $WHY" ;;
  esac
}

# PLACE becomes the row's place among those that are done, REMAINS what is known of the rest.
PLACE=''
REMAINS=''
row_progress() { # INDEX
  local index size outcome place=0 pushed=0 all=0 spent left
  while read -r index size outcome; do
    place=$((place + 1))
    all=$((all + size))
    [[ $outcome != pushed ]] || pushed=$((pushed + size))
    [[ $index != "$1" ]] || break
  done <"$TMP/progress"
  PLACE="[$place/${#IMAGES[@]}]"
  spent=$((SECONDS - STARTED))
  left=$((TOTAL_BYTES - all))
  REMAINS=", $(mebibytes "$all") of $(mebibytes "$TOTAL_BYTES")"
  if ((left > 0 && pushed > 0 && spent > 1)); then REMAINS+=", about $(duration $((left * spent / pushed))) left"; fi
}

images_summary() {
  local others='' index outcome sent name why pushed=0 present=0 left=0 bytes=0 failed=()
  for index in "${!IMAGES[@]}"; do
    outcome=failed sent=0 name=${IMAGES[$index]%%$'\t'*} why='not tried to the end'
    [[ ! -f $TMP/result/$index ]] || IFS=$'\t' read -r outcome sent name why <"$TMP/result/$index"
    bytes=$((bytes + sent))
    case $outcome in
      pushed) pushed=$((pushed + 1)) ;;
      present) present=$((present + 1)) ;;
      'left out') left=$((left + 1)) ;;
      *) failed+=("$name: $why") ;;
    esac
  done
  sent=''
  [[ $WITH != curl ]] || sent=" ($(mebibytes "$bytes") sent)"
  ((left == 0)) || others=", $left left out"
  printf '%d images in %s/%s: %d pushed%s, %d already there, %d failed%s\n' \
    "${#IMAGES[@]}" "$REGISTRY" "$PREFIX" "$pushed" "$sent" "$present" "${#failed[@]}" "$others"
  log "images: $pushed pushed$sent, $present already there, ${#failed[@]} failed, $(duration $((SECONDS - STARTED)))"
  ((${#failed[@]} > 0)) || return 0
  for name in "${failed[@]}"; do printf 'failed: %s\n' "$(printable "$name")"; done
  complain 'run the same command again: what is in the registry already is not sent twice'
  exit "$E_IMAGES"
}
