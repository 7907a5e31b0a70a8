# One image into the registry with curl alone (distribution-spec, "Pushing"): blobs first, then the manifest under each tag.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

WHY=''
SENT=0
STATE=''

# push_curl FILE DIGEST MEDIA-TYPE TARGET... ; 1 with WHY when it failed. SENT counts the bytes of blobs that travelled.
push_curl() {
  local file=$1 digest=$2 media_type=$3 target repository last=''
  shift 3
  unpack "$file" "${digest#sha256:}" || return 1
  for target in "$@"; do
    repository=$PREFIX/${target%:*}
    if [[ $repository != "$last" ]]; then
      push_blobs "$repository" "${digest#sha256:}" || return 1
      last=$repository
    fi
    push_manifest "$repository" "${target##*:}" "$digest" "$media_type" || return 1
  done
}

# Takes nothing but blobs out of the image file, and nothing that is not what its name says.
unpack() { # FILE MANIFEST-HEX
  rm -rf -- "$WORK/image"
  mkdir -- "$WORK/image"
  if ! tar -xzf "$ROOT/$1" -C "$WORK/image" --no-same-owner --no-same-permissions -- blobs 2>"$WORK/stderr"; then
    WHY="cannot unpack $1: $(sed -n 1p "$WORK/stderr")"
    return 1
  fi
  check_blob "$2" || return 1
}

check_blob() { # HEX
  local blob=$WORK/image/blobs/sha256/$1
  if [[ ! -f $blob || -L $blob ]]; then
    WHY="sha256:$1 is missing from the image file"
  elif [[ $(sha256sum <"$blob") != "$1  -" ]]; then
    WHY="sha256:$1 has other bytes than its digest says"
  else
    return 0
  fi
  return 1
}

push_blobs() { # REPOSITORY MANIFEST-HEX
  local path hex
  for path in "$WORK"/image/blobs/sha256/*; do
    hex=${path##*/}
    [[ $hex != "$2" && $hex =~ ^[0-9a-f]{64}$ ]] || continue
    hold_blob "$hex"
    if ! push_blob "$1" "$hex"; then
      rm -f -- "$TMP/blobs/$hex.held"
      return 1
    fi
    # Other images of this run can have it from here without sending it again.
    printf '%s' "$1" >"$WORK/from" && mv -f -- "$WORK/from" "$TMP/blobs/$hex"
    rm -f -- "$TMP/blobs/$hex.held"
  done
}

# Images share layers. Returns when no other worker is sending this one: it is in the registry then, or ours to send.
hold_blob() { # HEX
  local owner me=$BASHPID held=$TMP/blobs/$1.held
  until [[ -f $TMP/blobs/$1 ]] || (set -C && printf '%s\n' "$me" >"$held") 2>/dev/null; do
    owner=''
    read -r owner 2>/dev/null <"$held" || true
    [[ -z $owner ]] || kill -0 "$owner" 2>/dev/null || rm -f -- "$held"
    sleep 0.1
  done
}

push_blob() { # REPOSITORY HEX
  local attempt
  for attempt in 1 2 3; do
    use_repository "$1"
    request -I --url "$BASE/v2/$1/blobs/sha256:$2"
    # A redirect leads to the storage that has it.
    [[ ! $CODE =~ ^(200|302|307)$ ]] || return 0
    upload_blob "$1" "$2" && return 0
    # A broken upload starts again from its beginning; what the registry refused on purpose stays refused.
    [[ $CODE =~ ^(000|408|429|5..)$ && $attempt -le ${SHRINKWRAP_RETRIES:-3} ]] || return 1
    sleep "$attempt"
  done
  return 1
}

upload_blob() { # REPOSITORY HEX
  local location blob=$WORK/image/blobs/sha256/$2
  check_blob "$2" || { CODE=local && return 1; }
  open_upload "$1" "$2"
  case $CODE in
    201) return 0 ;;
    202) ;;
    *) WHY="upload to $1: $(answer)" && return 1 ;;
  esac
  location=$(absolute "$1" "$(header location)")
  if [[ -z $location ]]; then
    WHY="upload to $1: the registry did not say where to"
    return 1
  fi
  [[ $location == *\?* ]] && location+="&digest=sha256:$2" || location+="?digest=sha256:$2"
  # -T streams the file; --data-binary would hold it in memory.
  request_there "$location" --retry 0 -T "$blob" -H 'Content-Type: application/octet-stream' --url "$location"
  if [[ ! $CODE =~ ^20[124]$ ]]; then
    WHY="blob sha256:$2 to $1: $(answer)"
    return 1
  fi
  SENT=$((SENT + $(stat -c %s -- "$blob")))
}

# 201: the registry took the blob from another of its repositories. 202: an upload is open, its address in the Location header.
open_upload() { # REPOSITORY HEX
  local from='' uploads="$BASE/v2/$1/blobs/uploads/"
  [[ ! -f $TMP/blobs/$2 ]] || from=$(<"$TMP/blobs/$2")
  if [[ -n $from && $from != "$1" ]]; then
    use_repository "$1" "$from"
    request -X POST -H 'Content-Length: 0' --url "$uploads?mount=sha256:$2&from=$from"
    [[ $CODE != 20[12] ]] || return 0
    use_repository "$1"
  fi
  request -X POST -H 'Content-Length: 0' --url "$uploads"
}

# Location may be an address, a path or a name beside the request. Our own host keeps the scheme that was agreed on: registries behind a
# proxy often believe that they speak http.
absolute() { # REPOSITORY LOCATION
  local location=$2 rest
  case $location in
    '') return 0 ;;
    http://* | https://*)
      rest=${location#*://}
      if [[ ${rest,,} == "${REGISTRY,,}"/* ]]; then location="$BASE/${rest#*/}"; fi
      ;;
    //*) location="${BASE%%:*}:$location" ;;
    /*) location=$BASE$location ;;
    *) location="$BASE/v2/$1/blobs/uploads/$location" ;;
  esac
  printf '%s' "$location"
}

# Another host than the registry's does not get to see its credentials.
request_there() { # ADDRESS ARGUMENT...
  local address=$1
  shift
  if [[ $address == "$BASE"/* ]]; then
    request "$@"
  else
    http "$@"
  fi
}

push_manifest() { # REPOSITORY TAG DIGEST MEDIA-TYPE
  local found
  use_repository "$1"
  # --data-binary, not -d: every byte counts.
  request -X PUT -H "Content-Type: $4" --data-binary "@$WORK/image/blobs/sha256/${3#sha256:}" --url "$BASE/v2/$1/manifests/$2"
  if [[ ! $CODE =~ ^20[0-4]$ ]]; then
    WHY="manifest of $1:$2: $(answer)"
    return 1
  fi
  found=$(header docker-content-digest)
  [[ -n $found ]] || found=$(remote_digest "$1" "$2") || true
  [[ $found == "$3" ]] && return 0
  WHY="$1:$2 has the digest ${found:-(none)} in the registry, not $3"
  return 1
}

# The same with skopeo. The tag is never appended to the file's name: oci-archive:FILE:TAG fails where oci-archive:FILE works.
push_skopeo() { # FILE DIGEST MEDIA-TYPE TARGET...
  local file=$1 digest=$2 target options=(--preserve-digests --retry-times "${SHRINKWRAP_RETRIES:-3}" --digestfile "$WORK/digest")
  shift 3
  [[ $SCHEME == https && ${REGISTRY_INSECURE:-0} == 0 ]] || options+=(--dest-tls-verify=false)
  if [[ -n ${REGISTRY_CA:-} ]]; then
    mkdir -p -- "$WORK/certs"
    cp -- "$REGISTRY_CA" "$WORK/certs/ca.crt"
    options+=(--dest-cert-dir "$WORK/certs")
  fi
  if [[ -n ${REGISTRY_USER:-} ]]; then
    printf '{"auths":{"%s":{"auth":"%s"}}}\n' "$REGISTRY" "$(printf '%s:%s' "$REGISTRY_USER" "${REGISTRY_PASS:-}" | base64 -w0)" >"$WORK/auth.json"
    options+=(--dest-authfile "$WORK/auth.json")
  fi
  for target in "$@"; do
    if ! skopeo_copy "${options[@]}" "oci-archive:$file" "docker://$REGISTRY/$PREFIX/$target" 2>"$WORK/stderr" >&2; then
      WHY="skopeo: $(sed -n '$p' "$WORK/stderr")"
      return 1
    fi
    if [[ $(<"$WORK/digest") != "$digest" ]]; then
      WHY="$PREFIX/$target has the digest $(<"$WORK/digest") in the registry, not $digest"
      return 1
    fi
  done
}

# The policy file belongs to the machine and is often absent; the digest is what counts here. A path from the top of the archive: a colon above it
# would be read as the beginning of a tag.
skopeo_copy() { (cd -- "$ROOT" && TMPDIR=$WORK skopeo --insecure-policy copy -q "$@"); }
