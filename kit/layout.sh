# Images that share one OCI layout below containers/ (deploy.sh reads it in place), and image files: the same image to whoever loads it.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

# Whether the row that was read has its blobs in the layout; its file is docker's manifest.json of it then.
in_layout() { [[ $FILE == *.json ]]; }

docker_document() { # FILE
  if [[ $1 == *.json ]]; then cat -- "$ROOT/$1"; else tar -xzOf "$ROOT/$1" manifest.json; fi
}

# LAYOUT_BLOBS become the hex digests of configs and layers of the row that was read, and of the other images of its index.
LAYOUT_BLOBS=()
layout_blobs() {
  local digest hex more list=()
  local -A seen=()
  LAYOUT_BLOBS=()
  mapfile -t list < <(grep -o 'blobs/sha256/[0-9a-f]\{64\}' -- "$ROOT/$FILE")
  for digest in "${MANIFESTS[@]:1}"; do
    IFS=, read -r -a more <<<"${CHILD_BLOBS[$digest]}"
    list+=("${more[@]}")
  done
  for hex in "${list[@]##*/}"; do
    [[ -n ${seen[$hex]:-} ]] || LAYOUT_BLOBS+=("$hex")
    seen[$hex]=yes
  done
}

# LOADED becomes the name under which an image is loaded: engines refuse digests there.
LOADED=''
loaded_name() { # IMAGE DIGEST
  LOADED=${1%@*}
  [[ ${LOADED##*/} == *:* ]] || LOADED+=:sha256-${2:7:12}
}

# Where the row that was read lies in the layout, $WORK/stage becomes a layout of it alone, made of links.
stage_image() {
  local hex named=$DIGEST type=$MEDIA_TYPE stage=$WORK/stage
  in_layout || return 0
  loaded_name "$IMAGE" "$DIGEST"
  [[ $LOADED =~ ^$HOST_PATTERN/$REPOSITORY_PATTERN:$TAG_PATTERN$ ]] || { WHY='refused: the image has no name that engines take' && return 1; }
  manifests_of_row
  layout_blobs
  if pins_index; then named=$NAMED type=${INDEX_TYPE[$NAMED]}; fi
  rm -rf -- "$stage"
  mkdir -p -- "$stage/blobs/sha256"
  for hex in "${named#sha256:}" "${MANIFESTS[@]#sha256:}" "${LAYOUT_BLOBS[@]}"; do
    ln -sf -- "$ROOT/containers/blobs/sha256/$hex" "$stage/blobs/sha256/$hex"
  done
  cp -- "$ROOT/$FILE" "$stage/manifest.json"
  printf '{"imageLayoutVersion":"1.0.0"}' >"$stage/oci-layout"
  printf '{"schemaVersion":2,"manifests":[{"mediaType":"%s","digest":"%s","size":%d,"annotations":{"%s":"%s","%s":"%s"}}]}' \
    "$type" "$named" "$(stat -L -c %s -- "$stage/blobs/sha256/${named#sha256:}")" \
    io.containerd.image.name "$LOADED" org.opencontainers.image.ref.name "${LOADED##*:}" >"$stage/index.json"
}

layout_tar() { tar -C "$WORK/stage" -chf - oci-layout index.json manifest.json blobs; }

# The row that was read and staged, as the tar that engines load.
image_tar() { if in_layout; then layout_tar; else gzip -dc -- "$ROOT/$FILE"; fi; }

image_tar_line() {
  if in_layout; then printf 'tar -chf - oci-layout index.json manifest.json blobs'; else command_line gzip -dc "./$FILE"; fi
}

# docker and podman gunzip what they load.
load_image() { # ENGINE...
  if in_layout; then layout_tar | "$@" load -q; else "$@" load -q -i "$ROOT/$FILE"; fi
}

load_line() { # ENGINE...
  if in_layout; then printf '%s | %s' "$(image_tar_line)" "$(command_line "$@" load -q)"; else command_line "$@" load -q -i "./$FILE"; fi
}
