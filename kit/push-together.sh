# Several images into the registry with curl alone: as many requests as possible in each start of curl, whose cost is that of many answers. What does
# not succeed this way is left to push.sh.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

# Rows that are unpacked, and by row: the hex digests of config and layers, and why it failed.
READY=()
declare -A BLOBS=() FAILURE=() BYTES=()
# `ROW REPOSITORY HEX` for each blob that must get to each repository; those of them that are still to be done.
LEFT=()

# A token is good for one repository; everything else lets all be asked at once.
push_curl() { # ROW...
  local row repository
  unpack_rows "$@"
  LEFT=()
  if by_token; then
    for row in "${READY[@]}"; do
      repositories_of "$row"
      for repository in "${REPOSITORIES[@]}"; do
        items_of "$row" "$repository"
        push_blobs
        push_manifests "$repository" "$row"
      done
    done
  else
    for row in "${READY[@]}"; do
      repositories_of "$row"
      for repository in "${REPOSITORIES[@]}"; do items_of "$row" "$repository"; done
    done
    push_blobs
    push_manifests '' "${READY[@]}"
  fi
  for row in "${READY[@]}"; do
    WHY=${FAILURE[$row]} SENT=${BYTES[$row]}
    if [[ -n $WHY ]]; then finish_row "$row" failed; else finish_row "$row" pushed; fi
  done
}

REPOSITORIES=()
repositories_of() { # ROW
  local target list
  REPOSITORIES=()
  IFS=, read -r -a list <<<"${WANTED[$1]}"
  for target in "${list[@]}"; do
    [[ " ${REPOSITORIES[*]} " == *" $PREFIX/${target%:*} "* ]] || REPOSITORIES+=("$PREFIX/${target%:*}")
  done
}

items_of() { # ROW REPOSITORY
  local hex
  for hex in ${BLOBS[$1]}; do LEFT+=("$1 $2 $hex"); done
}

blob_file() { BLOB=$WORK/image/$1/blobs/sha256/$2; }

# Takes nothing but blobs out of the image files, and nothing that is not what its name says. Those of a layout stay where they are.
unpack_rows() { # ROW...
  local row path hex manifests
  READY=()
  rm -rf -- "$WORK/image"
  mkdir -- "$WORK/image" "${@/#/$WORK/image/}"
  for row in "$@"; do
    read_row "$row"
    BLOBS[$row]='' FAILURE[$row]='' BYTES[$row]=0
    manifests_of "$row"
    if in_layout; then
      rmdir -- "$WORK/image/$row"
      ln -s -- "$ROOT/containers" "$WORK/image/$row"
      layout_blobs
      BLOBS[$row]="${LAYOUT_BLOBS[*]} "
    elif tar -xzf "$ROOT/$FILE" -C "$WORK/image/$row" --no-same-owner --no-same-permissions -- blobs 2>"$WORK/stderr"; then
      manifests=" $NAMED ${MANIFESTS[*]} "
      for path in "$WORK/image/$row"/blobs/sha256/*; do
        hex=${path##*/}
        [[ $hex =~ ^[0-9a-f]{64}$ && -f $path && ! -L $path ]] || continue
        [[ $manifests == *" sha256:$hex "* ]] || BLOBS[$row]+="$hex "
      done
    else
      FAILURE[$row]="cannot unpack $FILE: $(sed -n 1p "$WORK/stderr")"
      continue
    fi
    for hex in "${MANIFESTS[@]#sha256:}" ${BLOBS[$row]}; do
      blob_file "$row" "$hex"
      [[ -f $BLOB && ! -L $BLOB ]] || FAILURE[$row]="sha256:$hex is missing from the image file"
    done
  done
  check_blobs "$@"
  for row in "$@"; do
    if [[ -z ${FAILURE[$row]} ]]; then
      READY+=("$row")
    else
      WHY=${FAILURE[$row]}
      finish_row "$row" failed
    fi
  done
}

check_blobs() { # ROW...
  local row hex name files=()
  for row in "$@"; do
    [[ -z ${FAILURE[$row]} ]] || continue
    manifests_of "$row"
    for hex in "${MANIFESTS[@]#sha256:}" ${BLOBS[$row]}; do
      # Images of a layout share their blobs: what one of them has looked at is good.
      if ! in_layout || [[ ! -f $TMP/sound/$hex ]]; then files+=("$row/blobs/sha256/$hex"); fi
    done
  done
  ((${#files[@]} > 0)) || return 0
  (cd -- "$WORK/image" && sha256sum -- "${files[@]}") >"$WORK/sums"
  while read -r hex name; do
    row=${name%%/*} name=${name##*/}
    if [[ $hex == "$name" ]]; then : >"$TMP/sound/$hex"; else FAILURE[$row]="sha256:$name has other bytes than its digest says"; fi
  done <"$WORK/sums"
}

# All at once first; what is left over then, because another worker is sending it or something went wrong, once more, then one by one.
push_blobs() {
  local item row repository hex left
  push_together
  if ((${#LEFT[@]} > 0)); then
    for item in "${LEFT[@]}"; do wait_for_blob "${item##* }"; done
    push_together
  fi
  left=("${LEFT[@]}")
  LEFT=()
  for item in "${left[@]}"; do
    read -r row repository hex <<<"$item"
    [[ -z ${FAILURE[$row]} ]] || continue
    until claim "$TMP/held/$hex"; do wait_for_blob "$hex"; done
    blob_file "$row" "$hex"
    SENT=0
    if push_blob "$repository" "$hex" "$BLOB"; then
      note_blobs "$repository $hex"
      BYTES[$row]=$((BYTES[$row] + SENT))
    else
      FAILURE[$row]=$WHY
    fi
    rm -f -- "$TMP/held/$hex"
  done
}

# Asks for all blobs of LEFT, opens the uploads of those that are missing, sends them: three starts of curl. LEFT is what could not be done this way.
push_together() {
  local item row repository hex index present=() missing=() held=() left=()
  batch_begin
  for item in "${LEFT[@]}"; do
    read -r row repository hex <<<"$item"
    batch_add "$BASE/v2/$repository/blobs/sha256:$hex" head
  done
  ((${#LEFT[@]} == 0)) || use_repository "$repository"
  batch_send
  for index in "${!LEFT[@]}"; do
    item=${LEFT[index]}
    hex=${item##* }
    # A redirect leads to the storage that has it. Images share layers: whoever holds a blob is the one who sends it.
    case ${CODES[index]} in
      200 | 302 | 307) present+=("${item#* }") ;;
      404) if source_of "$item"; then missing+=("$item"); elif claim "$TMP/held/$hex"; then missing+=("$item") held+=("$hex"); else left+=("$item"); fi ;;
      *) left+=("$item") ;;
    esac
  done
  LEFT=("${left[@]}")
  open_uploads "${missing[@]}"
  send_blobs
  note_blobs "${present[@]}" "${SENT_BLOBS[@]}"
  ((${#held[@]} == 0)) || rm -f -- "${held[@]/#/$TMP/held/}"
}

# `ROW REPOSITORY HEX ADDRESS` of uploads that are open, `REPOSITORY HEX` of what is in the registry since.
OPEN=()
SENT_BLOBS=()

open_uploads() { # ITEM...
  local item row repository hex index from sources=() items=("$@")
  OPEN=()
  SENT_BLOBS=()
  ((${#items[@]} > 0)) || return 0
  for item in "${items[@]}"; do
    if source_of "$item" && [[ " ${sources[*]} " != *" $FROM "* ]]; then sources+=("$FROM"); fi
  done
  read -r row repository hex <<<"${items[0]}"
  use_repository "$repository" "${sources[@]}"
  batch_begin
  for item in "${items[@]}"; do
    read -r row repository hex <<<"$item"
    from=''
    if source_of "$item"; then from="?mount=sha256:$hex&from=$FROM"; fi
    batch_add "$BASE/v2/$repository/blobs/uploads/$from" 'request = "POST"' 'header = "Content-Length: 0"'
  done
  batch_send
  for index in "${!items[@]}"; do
    item=${items[index]}
    read -r row repository hex <<<"$item"
    LOCATION=''
    # 201: the registry took the blob from another of its repositories.
    case ${CODES[index]} in
      201) SENT_BLOBS+=("$repository $hex") && continue ;;
      202) header location "$WORK/heads/$index" && absolute "$repository" "$HEADER" ;;
    esac
    if [[ -n $LOCATION ]]; then OPEN+=("$item $LOCATION"); else LEFT+=("$item"); fi
  done
}

send_blobs() {
  local line row repository hex location index
  ((${#OPEN[@]} > 0)) || return 0
  batch_begin
  for line in "${OPEN[@]}"; do
    read -r row repository hex location <<<"$line"
    [[ $location == *\?* ]] && location+="&digest=sha256:$hex" || location+="?digest=sha256:$hex"
    blob_file "$row" "$hex"
    curl_value "$BLOB"
    # upload-file streams; data-binary would hold the blob in memory.
    batch_add "$location" "upload-file = $QUOTED" 'header = "Content-Type: application/octet-stream"'
  done
  batch_send
  for index in "${!OPEN[@]}"; do
    read -r row repository hex location <<<"${OPEN[index]}"
    if [[ ${CODES[index]} =~ ^20[124]$ ]]; then
      SENT_BLOBS+=("$repository $hex")
      BYTES[$row]=$((BYTES[$row] + SIZES_SENT[index]))
    else
      LEFT+=("$row $repository $hex")
    fi
  done
}

# FROM becomes where another image of this run put a blob; the registry can take it from there without seeing it again.
FROM=''
source_of() { # ROW REPOSITORY HEX
  local repository=${1#* }
  repository=${repository%% *}
  FROM=''
  { read -r FROM <"$TMP/blobs/${1##* }"; } 2>/dev/null || return 1
  [[ -n $FROM && $FROM != "$repository" ]]
}

note_blobs() { # REPOSITORY HEX, as one word each...
  local item
  (($# > 0)) || return 0
  for item in "$@"; do printf '%s\n' "${item% *}" >"$WORK/from/${item#* }"; done
  # With their content or not at all.
  mv -f -- "$WORK"/from/* "$TMP/blobs/"
}

wait_for_blob() { # HEX
  local owner lock=$TMP/held/$1
  while [[ -f $lock ]]; do
    owner=''
    { read -r owner <"$lock"; } 2>/dev/null || true
    [[ -z $owner ]] || kill -0 "$owner" 2>/dev/null || rm -f -- "$lock"
    sleep 0.05
  done
}
