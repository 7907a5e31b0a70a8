# Under which names an image is asked for. It is uploaded once; its other names get its layers by mount.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

# Appends to each row's targets the other paths at which a machine of the cluster may look: see other_names. No name that a row of the archive
# has of its own is taken away from it.
extend_targets() {
  local index row targets image list name
  local -A taken=()
  for row in "${ALL_IMAGES[@]}"; do
    IFS=, read -r -a list <<<"${row##*$'\t'}"
    for name in "${list[@]}"; do taken["=$name"]=${row%%$'\t'*}; done
  done
  for index in "${!IMAGES[@]}"; do
    row=${IMAGES[index]}
    image=${row%%$'\t'*} targets=${row##*$'\t'}
    [[ ${targets%%,*} =~ ^$REPOSITORY_PATTERN:$TAG_PATTERN$ ]] || continue
    other_names "$image" "${targets%%,*}"
    for name in "${NAMES[@]}"; do
      # The architectures of one image share its names.
      [[ ${taken["=$name"]:-$image} == "$image" && ,$targets, != *,"$name",* ]] || continue
      taken["=$name"]=$image
      row+=,$name
      [[ -z ${INDEX_OF["=${targets%%,*}"]:-} ]] || INDEX_OF["=$name"]=${INDEX_OF["=${targets%%,*}"]}
    done
    IMAGES[index]=$row
  done
}

NAMES=()
other_names() { # IMAGE TARGET
  NAMES=()
  # The charm of the worker has had both in its source (facts: releases 1.24 to 1.26, and the lists of 1.26.2 on).
  case $2 in
    k8s-artifacts-prod/ingress-nginx/controller:*) NAMES+=("${2#k8s-artifacts-prod/}") ;;
    ingress-nginx/controller:*) NAMES+=("k8s-artifacts-prod/$2") ;;
  esac
  is_cdk_name "$1" || return 0
  # What a mirror of ghcr.io is asked for: it keeps the path.
  if mirrored ghcr.io; then NAMES+=("canonical/cdk/$2"); fi
  # And one of rocks.canonical.com, whose images bring a cdk/ of their own.
  if [[ /$PREFIX != */cdk ]] && mirrored rocks.canonical.com; then NAMES+=("cdk/$2"); fi
}

# rocks.canonical.com is slowly replaced by ghcr.io: what the list names at one, a newer charm looks for at the other.
is_cdk_name() { [[ $1 =~ ^(rocks\.canonical\.com(:443)?/cdk|image-registry\.canonical\.com/cdk|ghcr\.io/canonical/cdk)/ ]]; }

mirrored() { # HOST
  local mirrors=,${REGISTRY_MIRRORS:-$DEFAULT_MIRRORS},
  [[ $mirrors != *,none,* && ($mirrors == *,"$1",* || $mirrors == *,'*',*) ]]
}
