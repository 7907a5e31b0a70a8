# Manifests and indexes into the registry, as many as possible with each start of curl; what does not succeed this way is left to push.sh.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

# Once every blob is there, under each tag; by digest where the tag is that of an index. With a repository, only the tags in it.
push_manifests() { # REPOSITORY ROW...
  local only=$1 row target list digest lines=()
  shift
  for row in "$@"; do
    [[ -z ${FAILURE[$row]} ]] || continue
    manifests_of "$row"
    IFS=, read -r -a list <<<"${WANTED[$row]}"
    for target in "${list[@]}"; do
      [[ -z $only || $only == "$PREFIX/${target%:*}" ]] || continue
      if [[ -z ${INDEX_OF["=$target"]:-} ]]; then
        lines+=("$row $PREFIX/${target%:*} ${target##*:} $DIGEST $MEDIA_TYPE")
        continue
      fi
      for digest in "${MANIFESTS[@]}"; do
        lines+=("$row $PREFIX/${target%:*} $digest $digest ${CHILD_TYPE["$digest"]:-$MEDIA_TYPE}")
      done
    done
  done
  put_manifests "${lines[@]}"
}

put_manifests() { # 'ROW REPOSITORY REFERENCE DIGEST MEDIA-TYPE'...
  local line row repository reference digest type index lines=("$@")
  ((${#lines[@]} > 0)) || return 0
  batch_begin
  for line in "${lines[@]}"; do
    read -r row repository reference digest type <<<"$line"
    manifest_file "$row" "$digest"
    curl_value "@$BLOB"
    # data-binary, not data: every byte counts.
    batch_add "$BASE/v2/$repository/manifests/$reference" 'request = "PUT"' "data-binary = $QUOTED" "header = \"Content-Type: $type\""
  done
  use_repository "$repository"
  batch_send
  for index in "${!lines[@]}"; do
    read -r row repository reference digest type <<<"${lines[index]}"
    header docker-content-digest "$WORK/heads/$index"
    [[ ! ${CODES[index]} =~ ^20[0-4]$ || $HEADER != "$digest" ]] || continue
    manifest_file "$row" "$digest"
    use_repository "$repository"
    push_manifest "$repository" "$reference" "$digest" "$type" "$BLOB" || FAILURE["$row"]=$WHY
  done
}

manifest_file() { # ROW DIGEST
  blob_file "$1" "${2#sha256:}"
  [[ -z ${INDEX_FILE["$2"]:-} ]] || BLOB=$ROOT/${INDEX_FILE["$2"]}
}
