# `deploy`: the one juju line for this archive, this registry and the juju that is installed.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

JUJU_VERSION=''
REASONS=()

juju_client() { command -v -- "${JUJU:-juju}" || true; }

# Fills JUJU_VERSION and REASONS: why the installed juju cannot deploy this archive.
juju_gate() {
  local client major minor minimum=${ARCHIVE[juju_min]:-2.9}
  client=$(juju_client)
  REASONS=()
  JUJU_VERSION=$("$client" version 2>/dev/null </dev/null | sed -n 1p) || true
  if [[ ! $JUJU_VERSION =~ ^([0-9]{1,4})\.([0-9]{1,4}) ]]; then
    REASONS+=("$client version does not say which juju it is")
    return 0
  fi
  major=$((10#${BASH_REMATCH[1]})) minor=$((10#${BASH_REMATCH[2]}))
  JUJU_MAJOR=$major
  if [[ $minimum =~ ^([0-9]{1,4})\.([0-9]{1,4})$ ]]; then
    ((major * 10000 + minor >= 10#${BASH_REMATCH[1]} * 10000 + 10#${BASH_REMATCH[2]})) ||
      REASONS+=("juju $JUJU_VERSION is too old: the charms of this archive need $minimum or later")
  fi
  ((major < 4)) || REASONS+=("juju $JUJU_VERSION: Charmed Kubernetes is not known to run on Juju 4; use 3.6")
  # The strict snap of juju 3 sees the home directory only, and no hidden directory in it.
  if ((major >= 3)) && [[ $client == */snap/bin/* ]] && ! visible_to_snaps "$ROOT"; then
    REASONS+=("juju is a snap and cannot read $ROOT: move the archive below $HOME, outside hidden directories")
  fi
}

visible_to_snaps() {
  local home
  home=$(cd -- "${HOME:-/nonexistent}" 2>/dev/null && pwd -P) || return 1
  [[ $1 == "$home"/* && ${1#"$home"} != */.* ]]
}

# Dies of an unsuitable juju; --force-juju turns the reasons into warnings.
require_suitable_juju() {
  local reason
  juju_gate
  for reason in "${REASONS[@]}"; do
    if [[ -n $FORCE_JUJU ]]; then warn "$reason"; else complain "$reason"; fi
  done
  ((${#REASONS[@]} == 0)) || [[ -n $FORCE_JUJU ]] || die "$E_JUJU" 'unsuitable juju (--force-juju goes on all the same)'
}

model_exists() { "$(juju_client)" show-model ${JUJU_MODEL:+"$JUJU_MODEL"} >/dev/null 2>&1 </dev/null; }

JUJU_MAJOR=3
DEPLOY_LINE=()
ARCH_LINE=()

deploy_command() {
  require_bundle deploy
  # Everything runs from the top of the archive.
  [[ ${JUJU:-juju} != */* || $JUJU == /* ]] || JUJU=$PWD/$JUJU
  [[ -f $ROOT/bundle.yaml ]] || die "$E_CHECKSUM" 'bundle.yaml is missing from the archive'
  if [[ -n $(juju_client) ]]; then
    require_suitable_juju
  elif [[ -n $YES && -z $DRY_RUN ]]; then
    die "$E_TOOL" "not installed on this machine: ${JUJU:-juju}"
  else
    warn "${JUJU:-juju} is not installed on this machine: the lines below are for Juju 3"
  fi
  if [[ -n $YES && -z $DRY_RUN ]] && ! model_exists; then
    die "$E_JUJU" "juju does not know the model ${JUJU_MODEL:-(current)}: ./deploy.sh model-config says how to make it"
  fi
  compose_lines
  print_lines
  [[ -n $YES && -z $DRY_RUN ]] || return 0
  cd -- "$ROOT" || exit
  ((${#ARCH_LINE[@]} == 0)) || run_juju "${ARCH_LINE[@]}"
  run_juju "${DEPLOY_LINE[@]}"
}

# The registry overlay comes last, so that it wins over overlays that set a registry of their own.
compose_lines() {
  local model=() overlay='' archs=${ARCHIVE[archs]:-amd64} bundle=bundle.yaml arch
  arch=${JUJU_ARCH:-${archs%%,*}}
  [[ ,$archs, == *",$arch,"* ]] || die "$E_USAGE" "JUJU_ARCH=$arch: this archive was packed for $archs"
  # Charms that are built for one architecture each have a bundle for each; the first one's is bundle.yaml.
  [[ ! -f $ROOT/bundle_$arch.yaml ]] || bundle=bundle_$arch.yaml
  [[ -z ${JUJU_MODEL:-} ]] || model=(-m "$JUJU_MODEL")
  if [[ -n ${DOCKER_REGISTRY:-} ]]; then
    registry_settings
    render_text
    if [[ -n $RENDERED ]]; then
      write_overlay
      overlay=yes
    fi
  elif [[ -f $ROOT/$OVERLAY ]]; then
    overlay=yes
    progress "DOCKER_REGISTRY is not set: $OVERLAY is used as it was rendered before"
  fi
  DEPLOY_LINE=("${JUJU:-juju}" deploy "${model[@]}" "./$bundle")
  [[ -z $overlay ]] || DEPLOY_LINE+=(--overlay "./$OVERLAY")
  [[ ${ARCHIVE[trust]:-no} != yes ]] || DEPLOY_LINE+=(--trust)
  # Not in the bundle: subordinates refuse constraints.
  ARCH_LINE=()
  [[ $arch == amd64 ]] || ARCH_LINE=("${JUJU:-juju}" set-model-constraints "${model[@]}" "arch=$arch")
}

print_lines() {
  local before='' archs=${ARCHIVE[archs]:-amd64}
  [[ -z $DRY_RUN ]] || before='+ '
  printf '# in %s\n' "$(command_line "$ROOT")"
  printf '# before, when the site has a mirror or a snap store of its own: ./deploy.sh model-config\n'
  [[ $archs != *,* ]] || printf '# for another architecture out of %s: JUJU_ARCH=ARCH ./deploy.sh deploy\n' "$(printable "$archs")"
  ((${#ARCH_LINE[@]} == 0)) || printf '%s%s\n' "$before" "$(command_line "${ARCH_LINE[@]}")"
  printf '%s%s\n' "$before" "$(command_line "${DEPLOY_LINE[@]}")"
  [[ -n $YES || -n $DRY_RUN ]] || progress './deploy.sh deploy --yes runs this'
}

run_juju() {
  local code=0
  "$@" || code=$?
  ((code == 0)) || die "$E_DEPLOY" "$(command_line "$@") ended with exit code $code"
}
