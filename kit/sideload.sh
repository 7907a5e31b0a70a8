# `images --save-docker DIR`, `--load`, `--containerd`: the images to where there is no registry to push to yet.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

sideload_images() {
  local row image file digest media_type size targets done=0
  PREFIX=${REGISTRY_PREFIX:-cdk}
  load_images
  extend_targets
  if ((${#IMAGES[@]} == 0)); then
    printf 'This archive was packed without images.\n'
    return 0
  fi
  sideload_begin
  for row in "${IMAGES[@]}"; do
    IFS=$'\t' read -r image file digest media_type _ size _ targets <<<"$row"
    row_fault "$file" "$digest" "$media_type" "$size" "$targets"
    [[ -z $FAULT ]] || die "$E_CHECKSUM" "$(printable "$image"): refused: $FAULT"
    [[ -f $ROOT/$file || -n $DRY_RUN ]] || die "$E_CHECKSUM" "$file is missing from the archive"
    "sideload_$SIDELOAD" "$image" "$file" "$targets" || die "$E_IMAGES" "$(printable "$image"): ${SIDELOAD_TOOL[*]} failed"
    done=$((done + 1))
    [[ -n $DRY_RUN ]] || progress "[$done/${#IMAGES[@]}] $image $(mebibytes "$size")"
  done
  "sideload_${SIDELOAD}_end"
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

# The image files are what `docker load` reads as they are.
sideload_save() { # IMAGE FILE TARGETS
  [[ -z $DRY_RUN && -f $DIRECTORY/${2##*/} ]] && cmp -s -- "$ROOT/$2" "$DIRECTORY/${2##*/}" && return 0
  run cp -- "$ROOT/$2" "$DIRECTORY/${2##*/}"
}

sideload_save_end() {
  local row image file targets run_word=exec
  run cp -- "$ROOT/kit/docker-load.sh" "$DIRECTORY/load.sh"
  if [[ -n $DRY_RUN ]]; then
    printf '+ write %s\n' "$(command_line "$DIRECTORY/images.tsv")"
  else
    for row in "${IMAGES[@]}"; do
      IFS=$'\t' read -r image file _ _ _ _ _ targets <<<"$row"
      printf '%s\t%s\t%s\n' "$image" "${file##*/}" "$targets"
    done >"$DIRECTORY/images.tsv"
  fi
  [[ -z $(juju_client) ]] || juju_gate
  ((JUJU_MAJOR > 2)) || run_word=run
  printf '%d images in %s. For the docker-registry charm:\n' "${#IMAGES[@]}" "$(command_line "$DIRECTORY")"
  printf '  juju scp -- -r %s docker-registry/0:images\n' "$(command_line "$DIRECTORY")"
  printf '  juju %s --unit docker-registry/0 -- bash /home/ubuntu/images/load.sh REGISTRY[:PORT][/PREFIX]\n' "$run_word"
  printf 'load.sh loads, tags and pushes; without an address it only loads.\n'
}

sideload_load() { run "${SIDELOAD_TOOL[@]}" load -q -i "$ROOT/$2" >&2; }

sideload_load_end() { printf '%d images loaded into %s\n' "${#IMAGES[@]}" "${SIDELOAD_TOOL[0]}"; }

# With every name under which the charms and the site's registry know it: nothing is pulled then.
sideload_containerd() { # IMAGE FILE TARGETS
  local name names=() target list
  IFS=, read -r -a list <<<"$3"
  for target in "${list[@]}"; do
    [[ -z ${DOCKER_REGISTRY:-} ]] || names+=("$DOCKER_REGISTRY/$PREFIX/$target")
  done
  if is_cdk_name "$1"; then names+=("rocks.canonical.com:443/cdk/${list[0]}" "rocks.canonical.com/cdk/${list[0]}" "ghcr.io/canonical/cdk/${list[0]}"); fi
  if [[ -n $DRY_RUN ]]; then
    printf '+ %s | %s\n' "$(command_line gzip -dc "./$2")" "$(command_line "${SIDELOAD_TOOL[@]}" images import -)"
  else
    gzip -dc <"$ROOT/$2" | "${SIDELOAD_TOOL[@]}" images import - >/dev/null || return 1
  fi
  for name in "${names[@]}"; do
    [[ $name == "$1" ]] || run "${SIDELOAD_TOOL[@]}" images tag --force "$1" "$name" >&2 || return 1
  done
}

sideload_containerd_end() { printf '%d images in the namespace k8s.io of containerd\n' "${#IMAGES[@]}"; }
