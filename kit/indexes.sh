# Indexes that tags of the registry answer: those that names pin by digest, and those that serve several architectures under one tag. Their manifests
# go in by digest, the index comes last: a registry takes none whose manifests it lacks.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

# By `=TARGET` the digest of its index. By digest of an index its media type, its file, its targets with commas, its manifests with blanks.
declare -A INDEX_OF=() INDEX_TYPE=() INDEX_FILE=() INDEX_TARGETS=() INDEX_CHILDREN=()
# By digest of a manifest its media type, and the hex digests of its blobs with commas.
declare -A CHILD_TYPE=() CHILD_BLOBS=()
# By `=TARGET` the row of IMAGES that stands for it where a name has one image only.
declare -A OWNER=()

load_indexes() {
  local row rows=() index type size file targets target list digest blobs
  INDEX_OF=() INDEX_TYPE=() INDEX_FILE=() INDEX_TARGETS=() INDEX_CHILDREN=() CHILD_TYPE=() CHILD_BLOBS=()
  [[ -f $ROOT/containers/indexes.tsv ]] || listed containers/indexes.tsv || return 0
  load_table rows containers/indexes.tsv index media_type size file targets
  for row in "${rows[@]}"; do
    IFS=$'\t' read -r index type size file targets <<<"$row"
    row_fault containers/index "$index" "$type" "$size" "$targets"
    case $file in
      "sources/images/sha256-${index#sha256:}.json" | "containers/indexes/sha256-${index#sha256:}.json" | "containers/blobs/sha256/${index#sha256:}") ;;
      *) FAULT=${FAULT:-the file name is none of an index} ;;
    esac
    [[ -z $FAULT ]] || die "$E_CHECKSUM" "containers/indexes.tsv: refused: $FAULT"
    INDEX_TYPE[$index]=$type INDEX_FILE[$index]=$file INDEX_TARGETS[$index]=$targets
    IFS=, read -r -a list <<<"$targets"
    for target in "${list[@]}"; do INDEX_OF["=$target"]=$index; done
  done
  load_table rows containers/children.tsv index digest media_type blobs
  for row in "${rows[@]}"; do
    IFS=$'\t' read -r index digest type blobs <<<"$row"
    row_fault containers/index "$digest" "$type" 0 x:x
    [[ -z $FAULT && -n ${INDEX_TYPE["$index"]:-} && $blobs =~ ^[0-9a-f]{64}(,[0-9a-f]{64})*$ ]] ||
      die "$E_CHECKSUM" "containers/children.tsv: refused: ${FAULT:-no blobs, or none of its indexes}"
    INDEX_CHILDREN[$index]+="${INDEX_CHILDREN[$index]:+ }$digest"
    CHILD_TYPE[$digest]=$type CHILD_BLOBS[$digest]=$blobs
  done
}

# A row that brings an index stands for each of its tags; of rows with one tag that of this machine's platform comes first.
assign_indexes() {
  local number target list platform machine
  local -A is_here=()
  OWNER=()
  case $HOSTTYPE in
    x86_64) machine=linux/amd64 ;;
    aarch64) machine=linux/arm64 ;;
    powerpc64le) machine=linux/ppc64le ;;
    *) machine=linux/$HOSTTYPE ;;
  esac
  for number in "${!IMAGES[@]}"; do
    read_row "$number"
    list=()
    ! pins_index || IFS=, read -r -a list <<<"${INDEX_TARGETS["$NAMED"]:-}"
    for target in "${list[@]}"; do
      [[ ,$TARGETS, == *,"$target",* ]] || IMAGES[number]+=,$target
    done
    target="=${TARGETS%%,*}"
    IFS=$'\t' read -r _ _ _ _ platform _ <<<"${IMAGES[number]}"
    if [[ -z ${OWNER["$target"]:-} || (-z ${is_here["$target"]:-} && $platform == "$machine") ]]; then OWNER["$target"]=$number; fi
    [[ $platform != "$machine" ]] || is_here["$target"]=yes
  done
}

# docker, podman and containerd keep one image a name, and a name of several architectures is that of one of them there.
stands_for_name() { # ROW
  local targets=${IMAGES[$1]##*$'\t'}
  [[ ${OWNER["=${targets%%,*}"]} == "$1" ]]
}

# Whether the row that was read is pinned to an index: its file brings all of that.
pins_index() { [[ $IMAGE == *@"$NAMED" && -n ${INDEX_TYPE["$NAMED"]:-} ]]; }

# MANIFESTS become the digests that a row brings: its own, and those of an index that its name pins.
MANIFESTS=()
manifests_of() { # ROW
  read_row "$1"
  manifests_of_row
}

# The same of the row that was read.
manifests_of_row() {
  local digest
  MANIFESTS=("$DIGEST")
  pins_index || return 0
  for digest in ${INDEX_CHILDREN["$NAMED"]:-}; do
    [[ $digest == "$DIGEST" ]] || MANIFESTS+=("$digest")
  done
}

# By `=TARGET` a row of IMAGES all of whose like are in the registry, or `failed`.
declare -A ARRIVED=()
arrived_targets() {
  local number outcome target list
  ARRIVED=()
  for number in "${!IMAGES[@]}"; do
    read_row "$number"
    outcome=failed
    [[ ! -f $TMP/result/$number ]] || read -r outcome _ <"$TMP/result/$number"
    IFS=, read -r -a list <<<"$TARGETS"
    for target in "${list[@]}"; do
      if [[ $outcome == failed ]]; then ARRIVED["=$target"]=failed; else ARRIVED["=$target"]=${ARRIVED["=$target"]:-$number}; fi
    done
  done
}

# With the manifests there, under each tag that does not have its index yet. Rows that failed have said why.
push_indexes() {
  local number target index line lines=()
  arrived_targets
  for target in "${!INDEX_OF[@]}"; do
    number=${ARRIVED["$target"]:-failed} index=${INDEX_OF["$target"]} target=${target#=}
    [[ $number != failed ]] || continue
    WHY=''
    if ! known_digest "$PREFIX/${target%:*}" "${target##*:}"; then
      WHY="$PREFIX/$target: $(answer)"
    elif [[ $FOUND != "$index" && $(sha256sum <"$ROOT/${INDEX_FILE[$index]}" 2>/dev/null) != "${index#sha256:} "* ]]; then
      WHY="${INDEX_FILE[$index]} is not the index $index"
    elif [[ $FOUND != "$index" ]]; then
      lines+=("$number $PREFIX/${target%:*} ${target##*:} $index ${INDEX_TYPE[$index]}")
    fi
    [[ -z $WHY ]] || finish_row "$number" failed
  done
  if by_token; then
    for line in "${lines[@]}"; do put_manifests "$line"; done
  else
    put_manifests "${lines[@]}"
  fi
  for number in "${!FAILURE[@]}"; do
    WHY=${FAILURE[$number]}
    finish_row "$number" failed
  done
}

# Says which manifests of an index a repository lacks; 1 when there are any.
verify_children() { # REPOSITORY INDEX
  local number digest whole=0 children=()
  read -r -a children <<<"${INDEX_CHILDREN[$2]:-}"
  use_repository "$1"
  batch_begin
  for digest in "${children[@]}"; do batch_add "$BASE/v2/$1/manifests/$digest" head "header = \"Accept: $MANIFEST_TYPES\""; done
  batch_send
  for number in "${!children[@]}"; do
    digest=${children[number]}
    [[ ${CODES[number]} != 200 ]] || continue
    ! remote_digest "$1" "$digest" || [[ -z $FOUND ]] || continue
    printf 'missing  %s@%s, which the index %s lists\n' "$1" "$digest" "$2"
    whole=1
  done
  return "$whole"
}
