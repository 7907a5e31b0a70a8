# One blob or manifest into the registry, request by request (distribution-spec, "Pushing"). What push-together.sh could not do at once ends here.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

WHY=''
SENT=0

push_blob() { # REPOSITORY HEX FILE
  local attempt
  for attempt in 1 2 3; do
    use_repository "$1"
    request -I --url "$BASE/v2/$1/blobs/sha256:$2"
    # A redirect leads to the storage that has it.
    [[ ! $CODE =~ ^(200|302|307)$ ]] || return 0
    upload_blob "$1" "$2" "$3" && return 0
    # A broken upload starts again from its beginning; what the registry refused on purpose stays refused.
    [[ $CODE =~ ^(000|408|429|5..)$ && $attempt -le ${SHRINKWRAP_RETRIES:-3} ]] || return 1
    sleep "$attempt"
  done
  return 1
}

upload_blob() { # REPOSITORY HEX FILE
  local location
  open_upload "$1" "$2"
  case $CODE in
    201) return 0 ;;
    202) ;;
    *) WHY="upload to $1: $(answer)" && return 1 ;;
  esac
  header location "$WORK/head"
  absolute "$1" "$HEADER"
  location=$LOCATION
  if [[ -z $location ]]; then
    WHY="upload to $1: the registry did not say where to"
    return 1
  fi
  [[ $location == *\?* ]] && location+="&digest=sha256:$2" || location+="?digest=sha256:$2"
  # -T streams the file; --data-binary would hold it in memory.
  request_there "$location" --retry 0 -T "$3" -H 'Content-Type: application/octet-stream' --url "$location"
  if [[ ! $CODE =~ ^20[124]$ ]]; then
    WHY="blob sha256:$2 to $1: $(answer)"
    return 1
  fi
  SENT=$((SENT + $(stat -c %s -- "$3")))
}

# 201: the registry took the blob from another of its repositories. 202: an upload is open, its address in the Location header.
open_upload() { # REPOSITORY HEX
  local uploads="$BASE/v2/$1/blobs/uploads/"
  if source_of "- $1 $2"; then
    use_repository "$1" "$FROM"
    request -X POST -H 'Content-Length: 0' --url "$uploads?mount=sha256:$2&from=$FROM"
    [[ $CODE != 20[12] ]] || return 0
    use_repository "$1"
  fi
  request -X POST -H 'Content-Length: 0' --url "$uploads"
}

# Location may be an address, a path or a name beside the request. Our own host keeps the scheme that was agreed on: registries behind a
# proxy often believe that they speak http.
LOCATION=''
absolute() { # REPOSITORY LOCATION
  local location=$2 rest
  case $location in
    '') ;;
    http://* | https://*)
      rest=${location#*://}
      if [[ ${rest,,} == "${REGISTRY,,}"/* ]]; then location="$BASE/${rest#*/}"; fi
      ;;
    //*) location="${BASE%%:*}:$location" ;;
    /*) location=$BASE$location ;;
    *) location="$BASE/v2/$1/blobs/uploads/$location" ;;
  esac
  LOCATION=$location
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

push_manifest() { # REPOSITORY TAG DIGEST MEDIA-TYPE FILE
  local found
  use_repository "$1"
  # --data-binary, not -d: every byte counts.
  request -X PUT -H "Content-Type: $4" --data-binary "@$5" --url "$BASE/v2/$1/manifests/$2"
  if [[ ! $CODE =~ ^20[0-4]$ ]]; then
    WHY="manifest of $1:$2: $(answer)"
    return 1
  fi
  header docker-content-digest "$WORK/head"
  found=$HEADER
  if [[ -z $found ]] && remote_digest "$1" "$2"; then found=$FOUND; fi
  [[ $found == "$3" ]] && return 0
  WHY="$1:$2 has the digest ${found:-(none)} in the registry, not $3"
  return 1
}
