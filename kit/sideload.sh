# `images --save-docker DIR`, `--load`, `--containerd`: the images to where there is no registry to push to yet.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

sideload_images() {
  local number left=0 done=0
  PREFIX=${REGISTRY_PREFIX:-cdk}
  load_images
  extend_targets
  if ((${#IMAGES[@]} == 0)); then
    printf 'This archive was packed without images.\n'
    return 0
  fi
  workspace
  WORK=$TMP
  sideload_begin
  for number in "${!IMAGES[@]}"; do
    read_row "$number"
    row_fault "$FILE" "$DIGEST" "$MEDIA_TYPE" "$SIZE" "$TARGETS"
    [[ -z $FAULT ]] || die "$E_CHECKSUM" "$(printable "$IMAGE"): refused: $FAULT"
    [[ -f $ROOT/$FILE || -n $DRY_RUN ]] || die "$E_CHECKSUM" "$FILE is missing from the archive"
    if ! stands_for_name "$number"; then
      left=$((left + 1))
      continue
    fi
    [[ -n $DRY_RUN ]] || stage_image || die "$E_CHECKSUM" "$(printable "$IMAGE"): $WHY"
    "sideload_$SIDELOAD" || die "$E_IMAGES" "$(printable "$IMAGE"): ${SIDELOAD_TOOL[*]} failed"
    done=$((done + 1))
    [[ -n $DRY_RUN ]] || progress "[$done/$((${#IMAGES[@]} - left))] $IMAGE $(mebibytes "$SIZE")"
  done
  ((left == 0)) || warn "$left images of other architectures are left out: a name has one image there"
  "sideload_${SIDELOAD}_end" "$done"
}

SIDELOAD_TOOL=()
sideload_begin() {
  local engine=docker before=()
  ((EUID == 0)) || before=(sudo)
  [[ $WITH != podman ]] || engine=podman
  case $SIDELOAD in
    save)
      SIDELOAD_TOOL=(cp)
      [[ $DIRECTORY/ != "$ROOT"/* ]] || usage_error '--save-docker: not into the archive itself'
      run mkdir -p -- "$DIRECTORY"
      ;;
    load) SIDELOAD_TOOL=("$engine") ;;
    containerd) SIDELOAD_TOOL=("${before[@]}" ctr -n k8s.io) ;;
  esac
  [[ -n $DRY_RUN ]] || require_tools gzip "${before[@]}" "${SIDELOAD_TOOL[0]}"
}

# The image files are what `docker load` reads as they are; out of a layout they are made.
sideload_save() {
  local to
  saved_file
  to=$DIRECTORY/$SAVED
  if in_layout; then
    if [[ -n $DRY_RUN ]]; then printf '+ tar -chf %s\n' "$(command_line "$to" oci-layout index.json manifest.json blobs)"; else layout_tar >"$to"; fi
    return
  fi
  [[ -z $DRY_RUN && -f $to ]] && cmp -s -- "$ROOT/$FILE" "$to" && return 0
  run cp -- "$ROOT/$FILE" "$to"
}

SAVED=''
saved_file() {
  SAVED=${FILE##*/}
  ! in_layout || SAVED=${SAVED%.json}.tar
}

sideload_save_end() { # COUNT
  local number run_word=exec
  run cp -- "$ROOT/kit/docker-load.sh" "$DIRECTORY/load.sh"
  if [[ -n $DRY_RUN ]]; then
    printf '+ write %s\n' "$(command_line "$DIRECTORY/images.tsv")"
  else
    for number in "${!IMAGES[@]}"; do
      stands_for_name "$number" || continue
      read_row "$number"
      loaded_name "$IMAGE" "$DIGEST"
      saved_file
      printf '%s\t%s\t%s\n' "$LOADED" "$SAVED" "$TARGETS"
    done >"$DIRECTORY/images.tsv"
  fi
  [[ -z $(juju_client) ]] || juju_gate
  ((JUJU_MAJOR > 2)) || run_word=run
  printf '%d images in %s. For the docker-registry charm:\n' "$1" "$(command_line "$DIRECTORY")"
  printf '  juju scp -- -r %s docker-registry/0:images\n' "$(command_line "$DIRECTORY")"
  printf '  juju %s --unit docker-registry/0 -- bash /home/ubuntu/images/load.sh REGISTRY[:PORT][/PREFIX]\n' "$run_word"
  printf 'load.sh loads, tags and pushes; without an address it only loads.\n'
}

sideload_load() {
  if [[ -n $DRY_RUN ]]; then printf '+ %s\n' "$(load_line "${SIDELOAD_TOOL[@]}")"; else load_image "${SIDELOAD_TOOL[@]}" >&2; fi
}

sideload_load_end() { printf '%d images loaded into %s\n' "$1" "${SIDELOAD_TOOL[0]}"; }

# With every name under which the charms and the site's registry know it: nothing is pulled then.
sideload_containerd() {
  local name names=() import=(images import) target list
  loaded_name "$IMAGE" "$DIGEST"
  IFS=, read -r -a list <<<"$TARGETS"
  for target in "${list[@]}"; do
    [[ -z ${DOCKER_REGISTRY:-} ]] || names+=("$DOCKER_REGISTRY/$PREFIX/$target")
  done
  if is_cdk_name "$IMAGE"; then names+=("rocks.canonical.com:443/cdk/${list[0]}" "rocks.canonical.com/cdk/${list[0]}" "ghcr.io/canonical/cdk/${list[0]}"); fi
  # The kubelet looks for a name with a digest by the digest alone.
  [[ $IMAGE != *@* ]] || names+=("${LOADED%:*}@${IMAGE##*@}")
  # Without it what is for other machines is dropped, and the index with it.
  ! pins_index || import+=(--all-platforms)
  if [[ -n $DRY_RUN ]]; then
    printf '+ %s | %s\n' "$(image_tar_line)" "$(command_line "${SIDELOAD_TOOL[@]}" "${import[@]}" -)"
  else
    image_tar | "${SIDELOAD_TOOL[@]}" "${import[@]}" - >/dev/null || return 1
  fi
  for name in "${names[@]}"; do
    [[ $name == "$LOADED" ]] || run "${SIDELOAD_TOOL[@]}" images tag --force "$LOADED" "$name" >&2 || return 1
  done
}

sideload_containerd_end() { printf '%d images in the namespace k8s.io of containerd\n' "$1"; }
