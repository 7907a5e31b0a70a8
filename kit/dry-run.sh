# What `images --dry-run` prints.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

images_dry_run() {
  local number target list digest place told=,
  dry_run_base
  for number in "${!IMAGES[@]}"; do
    read_row "$number"
    row_fault "$FILE" "$DIGEST" "$MEDIA_TYPE" "$SIZE" "$TARGETS"
    if [[ -n $FAULT ]]; then
      warn "$IMAGE would be refused: $FAULT"
      continue
    fi
    ! writes_own_manifests || stands_for_name "$number" || continue
    place=''
    ! in_layout || place=./containers/
    IFS=, read -r -a list <<<"$TARGETS"
    case $WITH in
      curl) in_layout || printf '+ %s\n' "$(command_line tar -xzf "./$FILE" -- blobs)" ;;
      podman | docker) printf '+ %s\n' "$(load_line "$WITH")" ;;
    esac
    for target in "${list[@]}"; do
      case $WITH in
        skopeo) printf '+ %s\n' "$(skopeo_line "$target")" ;;
        podman) printf '+ %s\n' "$(command_line podman push IMAGE "docker://$REGISTRY/$PREFIX/$target")" ;;
        docker)
          printf '+ %s\n' "$(command_line docker tag IMAGE "$REGISTRY/$PREFIX/$target")"
          printf '+ %s\n' "$(command_line docker push "$REGISTRY/$PREFIX/$target")"
          ;;
        *)
          printf '+ %s BLOB\n' "$(command_line curl --url "$BASE/v2/$PREFIX/${target%:*}/blobs/uploads/" -T)"
          if [[ -z ${INDEX_OF["=$target"]:-} ]]; then
            put_line "${target%:*}" "${target##*:}" "$MEDIA_TYPE" "${place}blobs/sha256/${DIGEST#sha256:}"
            continue
          fi
          manifests_of "$number"
          for digest in "${MANIFESTS[@]}"; do
            put_line "${target%:*}" "$digest" "${CHILD_TYPE["$digest"]:-$MEDIA_TYPE}" "${place}blobs/sha256/${digest#sha256:}"
          done
          ;;
      esac
    done
  done
  ! writes_own_manifests || return 0
  for number in "${!IMAGES[@]}"; do
    read_row "$number"
    IFS=, read -r -a list <<<"$TARGETS"
    for target in "${list[@]}"; do
      digest=${INDEX_OF["=$target"]:-}
      [[ -n $digest && $told != *,"$target",* ]] || continue
      told+=$target,
      put_line "${target%:*}" "${target##*:}" "${INDEX_TYPE[$digest]}" "./${INDEX_FILE[$digest]}"
    done
  done
}

put_line() { # PATH REFERENCE MEDIA-TYPE FILE
  printf '+ %s\n' "$(command_line curl -X PUT -H "Content-Type: $3" --data-binary "@$4" --url "$BASE/v2/$PREFIX/$1/manifests/$2")"
}

# Looking changes nothing, but a registry that is not there yet is no reason to show nothing.
dry_run_base() {
  if ! registry_open; then
    warn "$REASON"
    SCHEME=${SCHEME/auto/https}
    BASE="$SCHEME://$REGISTRY"
  fi
}
