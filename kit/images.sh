# `images` fills the registry with what containers/images.tsv lists, `verify` compares the two.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

# Why a row cannot be used, or nothing: its words go into addresses and file names.
row_fault() { # FILE DIGEST MEDIA-TYPE SIZE TARGETS
  local target targets
  [[ $1 == containers/?* && "/$1/" != */../* && $1 != *:* ]] || { printf 'the file name is not one of containers/' && return; }
  [[ $2 =~ ^sha256:[0-9a-f]{64}$ ]] || { printf 'the digest is none' && return; }
  [[ $3 =~ ^application/[A-Za-z0-9.+-]+$ ]] || { printf 'the media type is none' && return; }
  [[ $4 =~ ^(0|[1-9][0-9]{0,14})$ ]] || { printf 'the size is no number' && return; }
  IFS=, read -r -a targets <<<"$5"
  ((${#targets[@]} > 0)) || { printf 'it has no target' && return; }
  for target in "${targets[@]}"; do
    [[ $target =~ ^$REPOSITORY_PATTERN:$TAG_PATTERN$ ]] || { printf 'the target is not PATH:TAG' && return; }
  done
}

images_command() {
  local number
  registry_settings
  load_images
  if ((${#IMAGES[@]} == 0)); then
    printf 'This archive was packed without images: nothing to push.\n'
    return 0
  fi
  require_tools curl tar gzip sed awk grep base64 sha256sum
  [[ $WITH != skopeo ]] || require_tools skopeo
  if [[ -n $DRY_RUN ]]; then
    images_dry_run
    return 0
  fi
  registry_open || die "$E_REGISTRY" "$REASON"
  ACTIONS=pull,push
  mkdir -- "$TMP/claim" "$TMP/done" "$TMP/result" "$TMP/blobs"
  # With job control on, each worker is a process group of its own: see leave().
  set -m
  for ((number = 0; number < JOBS && number < ${#IMAGES[@]}; number++)); do
    push_worker "$number" </dev/null &
    WORKERS+=("$!")
  done
  set +m
  wait "${WORKERS[@]}" || true
  WORKERS=()
  images_summary
}

# Takes rows that nobody has taken until none is left.
push_worker() { # NUMBER
  local index
  WORK=$TMP/worker-$1
  mkdir -- "$WORK"
  [[ ! -f $TMP/registry/auth ]] || cp -- "$TMP/registry/auth" "$WORK/auth"
  REPOSITORY=''
  for index in "${!IMAGES[@]}"; do
    mkdir -- "$TMP/claim/$index" 2>/dev/null || continue
    push_row "$index"
    rm -rf -- "$WORK/image"
  done
}

push_row() { # INDEX
  local image file digest media_type size targets name outcome count=1
  IFS=$'\t' read -r image file digest media_type _ size _ targets <<<"${IMAGES[$1]}"
  name=$PREFIX/${targets%%,*}
  WHY=$(row_fault "$file" "$digest" "$media_type" "$size" "$targets")
  SENT=0
  if [[ -n $WHY ]]; then
    outcome=failed
    name=$image
    WHY="refused: $WHY"
  elif push_missing "$file" "$digest" "$media_type" "$targets"; then
    outcome=$STATE
  else
    outcome=failed
  fi
  printf '%s\t%s\t%s\t%s\n' "$outcome" "$SENT" "$(printable "$name")" "$(printable "$WHY")" >"$TMP/result/$1"
  until mkdir -- "$TMP/done/$count" 2>/dev/null; do count=$((count + 1)); done
  case $outcome in
    pushed) progress "[$count/${#IMAGES[@]}] $name pushed $(mebibytes "$size")" ;;
    present) progress "[$count/${#IMAGES[@]}] $name already there" ;;
    failed) complain "[$count/${#IMAGES[@]}] $name: $WHY" ;;
  esac
}

# Pushes the targets whose tag does not have the digest yet; STATE is then pushed or present.
push_missing() { # FILE DIGEST MEDIA-TYPE TARGETS
  local target targets missing=() found
  IFS=, read -r -a targets <<<"$4"
  for target in "${targets[@]}"; do
    use_repository "$PREFIX/${target%:*}"
    # Not `found=$(remote_digest)`: what a subshell learns about the answer would be lost.
    if ! remote_digest "$PREFIX/${target%:*}" "${target##*:}" >"$WORK/found"; then
      WHY="$PREFIX/$target: $(answer)"
      return 1
    fi
    found=$(<"$WORK/found")
    [[ $found == "$2" ]] || missing+=("$target")
  done
  STATE=present
  ((${#missing[@]} > 0)) || return 0
  STATE=pushed
  "push_$WITH" "$1" "$2" "$3" "${missing[@]}"
}

images_summary() {
  local index outcome sent name why pushed=0 present=0 bytes=0 failed=()
  for index in "${!IMAGES[@]}"; do
    outcome=failed sent=0 name=${IMAGES[$index]%%$'\t'*} why='not tried to the end'
    [[ ! -f $TMP/result/$index ]] || IFS=$'\t' read -r outcome sent name why <"$TMP/result/$index"
    bytes=$((bytes + sent))
    case $outcome in
      pushed) pushed=$((pushed + 1)) ;;
      present) present=$((present + 1)) ;;
      *) failed+=("$name: $why") ;;
    esac
  done
  sent=''
  [[ $WITH == skopeo ]] || sent=" ($(mebibytes "$bytes") sent)"
  printf '%d images in %s/%s: %d pushed%s, %d already there, %d failed\n' \
    "${#IMAGES[@]}" "$REGISTRY" "$PREFIX" "$pushed" "$sent" "$present" "${#failed[@]}"
  ((${#failed[@]} > 0)) || return 0
  for name in "${failed[@]}"; do printf 'failed: %s\n' "$(printable "$name")"; done
  complain 'run the same command again: what is in the registry already is not sent twice'
  exit "$E_IMAGES"
}

images_dry_run() {
  local row image file digest media_type size targets target list fault
  dry_run_base
  for row in "${IMAGES[@]}"; do
    IFS=$'\t' read -r image file digest media_type _ size _ targets <<<"$row"
    fault=$(row_fault "$file" "$digest" "$media_type" "$size" "$targets")
    if [[ -n $fault ]]; then
      warn "$image would be refused: $fault"
      continue
    fi
    IFS=, read -r -a list <<<"$targets"
    [[ $WITH == skopeo ]] || printf '+ %s\n' "$(command_line tar -xzf "./$file" -- blobs)"
    for target in "${list[@]}"; do
      if [[ $WITH == skopeo ]]; then
        printf '+ %s\n' "$(command_line skopeo copy --preserve-digests "oci-archive:$file" "docker://$REGISTRY/$PREFIX/$target")"
      else
        printf '+ %s BLOB\n' "$(command_line curl --url "$BASE/v2/$PREFIX/${target%:*}/blobs/uploads/" -T)"
        printf '+ %s\n' "$(command_line curl -X PUT -H "Content-Type: $media_type" --data-binary "@blobs/sha256/${digest#sha256:}" \
          --url "$BASE/v2/$PREFIX/${target%:*}/manifests/${target##*:}")"
      fi
    done
  done
}

# Looking changes nothing, but a registry that is not there yet is no reason to show nothing.
dry_run_base() {
  if ! registry_open; then
    warn "$REASON"
    SCHEME=${SCHEME/auto/https}
    BASE="$SCHEME://$REGISTRY"
  fi
}

verify_command() {
  local row image file digest media_type size targets target list fault found good=0 bad=0
  registry_settings
  load_images
  require_tools curl sed awk grep base64 sha256sum
  registry_open || die "$E_REGISTRY" "$REASON"
  for row in "${IMAGES[@]}"; do
    IFS=$'\t' read -r image file digest media_type _ size _ targets <<<"$row"
    fault=$(row_fault "$file" "$digest" "$media_type" "$size" "$targets")
    if [[ -n $fault ]]; then
      printf 'refused  %s: %s\n' "$(printable "$image")" "$fault"
      bad=$((bad + 1))
      continue
    fi
    IFS=, read -r -a list <<<"$targets"
    for target in "${list[@]}"; do
      use_repository "$PREFIX/${target%:*}"
      found=error
      ! remote_digest "$PREFIX/${target%:*}" "${target##*:}" >"$WORK/found" || found=$(<"$WORK/found")
      case $found in
        "$digest") good=$((good + 1)) && printf 'ok       %s/%s %s\n' "$PREFIX" "$target" "$digest" ;;
        '') bad=$((bad + 1)) && printf 'missing  %s/%s %s\n' "$PREFIX" "$target" "$digest" ;;
        error) bad=$((bad + 1)) && printf 'failed   %s/%s: %s\n' "$PREFIX" "$target" "$(printable "$(answer)")" ;;
        *) bad=$((bad + 1)) && printf 'altered  %s/%s %s, wanted %s\n' "$PREFIX" "$target" "$(printable "$found")" "$digest" ;;
      esac
    done
  done
  printf '%d of %d names in %s/%s have the digest of this archive\n' "$good" $((good + bad)) "$REGISTRY" "$PREFIX"
  ((bad == 0)) || exit "$E_IMAGES"
}
