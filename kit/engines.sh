# One image into the registry with a program that is made for it. curl alone is the usual way; see push.sh.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

writes_own_manifests() { [[ $WITH == podman || $WITH == docker ]]; }

engine_warning() {
  writes_own_manifests || return 0
  warn "$WITH writes manifests of its own: the images are the same (their configs are compared), their manifest digests are not"
  warn "an image that is asked for by digest, as cilium's are, will not be found; --with skopeo and curl keep digests"
  ((${#INDEX_OF[@]} == 0)) || warn "$WITH cannot push an index: of several architectures only one gets the tag; --with skopeo and curl push all"
}

# OPTIONS become those of skopeo (with dest- in them) or podman that lead into the registry.
OPTIONS=()
engine_options() { # INFIX FLAG-OF-THE-AUTHFILE
  OPTIONS=()
  [[ $SCHEME == https && ${REGISTRY_INSECURE:-0} == 0 ]] || OPTIONS+=("--${1}tls-verify=false")
  if [[ -n ${REGISTRY_CA:-} ]]; then
    mkdir -p -- "$WORK/certs"
    cp -- "$REGISTRY_CA" "$WORK/certs/ca.crt"
    OPTIONS+=("--${1}cert-dir" "$WORK/certs")
  fi
  mkdir -p -- "$WORK/docker"
  auths >"$WORK/docker/config.json"
  [[ -z ${REGISTRY_USER:-} ]] || OPTIONS+=("$2" "$WORK/docker/config.json")
}

auths() {
  if [[ -z ${REGISTRY_USER:-} ]]; then
    printf '{}\n'
  else
    printf '{"auths":{"%s":{"auth":"%s"}}}\n' "$REGISTRY" "$(printf '%s:%s' "$REGISTRY_USER" "${REGISTRY_PASS:-}" | base64 -w0)"
  fi
}

# The tag is never appended to the file's name: oci-archive:FILE:TAG fails where oci-archive:FILE works.
push_skopeo() { # FILE DIGEST TARGET...
  local file=$1 digest=$2 target wanted options=(--preserve-digests --retry-times "${SHRINKWRAP_RETRIES:-3}" --digestfile "$WORK/digest")
  shift 2
  engine_options dest- --dest-authfile
  options+=("${OPTIONS[@]}")
  for target in "$@"; do
    wanted=$digest
    skopeo_place "$target"
    [[ -z ${PLACE_OPTIONS[*]} ]] || wanted=$NAMED
    if ! skopeo_copy "$file" "${options[@]}" "${PLACE_OPTIONS[@]}" "$DESTINATION" 2>"$WORK/stderr" >&2; then
      WHY="skopeo: $(sed -n '$p' "$WORK/stderr")"
      return 1
    fi
    if [[ $(<"$WORK/digest") != "$wanted" ]]; then
      WHY="$PREFIX/$target has the digest $(<"$WORK/digest") in the registry, not $wanted"
      return 1
    fi
  done
}

# Where the row that was read goes: a pinned index with all that it lists; what an index made here lists by digest, as push_indexes comes after it.
PLACE_OPTIONS=()
DESTINATION=''
skopeo_place() { # TARGET
  PLACE_OPTIONS=()
  DESTINATION="docker://$REGISTRY/$PREFIX/$1"
  if pins_index && [[ ${INDEX_OF["=$1"]:-} == "$NAMED" ]]; then
    PLACE_OPTIONS=(--all)
  elif [[ -n ${INDEX_OF["=$1"]:-} ]]; then
    DESTINATION="docker://$REGISTRY/$PREFIX/${1%:*}@$DIGEST"
  fi
}

skopeo_line() { # TARGET
  local source=oci-archive:$FILE
  ! in_layout || source=oci:IMAGE
  skopeo_place "$1"
  command_line skopeo copy --preserve-digests "${PLACE_OPTIONS[@]}" "$source" "$DESTINATION"
}

# The policy file belongs to the machine and is often absent; the digest is what counts here. A path from the top of the archive: a colon above it
# would be read as the beginning of a tag.
skopeo_copy() { # FILE OPTION... DESTINATION
  local from=$ROOT source=oci-archive:$1 options=("${@:2:$#-2}")
  if in_layout; then
    from=$WORK source=oci:stage
  fi
  (cd -- "$from" && TMPDIR=$WORK skopeo --insecure-policy copy -q "${options[@]}" "$source" "${@: -1}")
}

push_podman() { # FILE DIGEST TARGET...
  local file=$1 target
  shift 2
  engine_options '' --authfile
  engine_load "$file" || return 1
  for target in "$@"; do
    engine podman push -q "${OPTIONS[@]}" "$CONFIG" "docker://$REGISTRY/$PREFIX/$target" || return 1
    arrived "$file" "$target" || return 1
  done
  [[ -n $WAS_THERE ]] || engine podman rmi -f "$CONFIG" || true
}

# Whether the daemon may talk to a registry without TLS or with a CA of its own is a matter of its configuration.
push_docker() { # FILE DIGEST TARGET...
  local file=$1 target
  shift 2
  engine_options '' ''
  engine_load "$file" || return 1
  for target in "$@"; do
    engine docker tag "sha256:$CONFIG" "$REGISTRY/$PREFIX/$target" || return 1
    engine docker --config "$WORK/docker" push "$REGISTRY/$PREFIX/$target" || return 1
    engine docker rmi "$REGISTRY/$PREFIX/$target" || true
    arrived "$file" "$target" || return 1
  done
  [[ -n $WAS_THERE ]] || engine docker rmi -f "sha256:$CONFIG" || true
}

engine() { # COMMAND...
  "$@" >"$WORK/stdout" 2>"$WORK/stderr" && return 0
  WHY="$1: $(sed -n '$p' "$WORK/stderr")"
  return 1
}

# WAS_THERE: an image that the operator had before is not taken away afterwards.
WAS_THERE=''
engine_load() { # FILE
  config_of "$1" || { WHY="$1 does not say which config it has" && return 1; }
  WAS_THERE=''
  ! engine "$WITH" image inspect "$CONFIG" || WAS_THERE=yes
  WHY=''
  engine load_image "$WITH" || { WHY="$WITH: ${WHY#*: }" && return 1; }
}

arrived() { # FILE TARGET
  use_repository "$PREFIX/${2%:*}"
  same_image "$1" "$PREFIX/$2" && return 0
  WHY="$PREFIX/$2 has another config in the registry than $1"
  return 1
}

# The config's digest is what docker and podman call the image's id.
CONFIG=''
config_of() { # FILE
  CONFIG=$(docker_document "$1" 2>/dev/null | tr -d ' \n' | sed -n 's,.*"Config":"blobs/sha256/\([0-9a-f]\{64\}\)".*,\1,p')
  [[ -n $CONFIG ]]
}

# Whether a tag of the registry is this image under another manifest; only asked of programs that write their own.
same_image() { # FILE REPOSITORY:TAG
  local there
  writes_own_manifests || return 1
  config_of "$1" || return 1
  use_repository "${2%:*}"
  request -H "Accept: $MANIFEST_TYPES" --url "$BASE/v2/${2%:*}/manifests/${2##*:}"
  [[ $CODE == 200 ]] || return 1
  there=$(tr -d '\n' <"$WORK/body" | sed -n 's/.*"config"[[:space:]]*:[[:space:]]*{[^}]*"digest"[[:space:]]*:[[:space:]]*"sha256:\([0-9a-f]\{64\}\)".*/\1/p')
  [[ $there == "$CONFIG" ]]
}
