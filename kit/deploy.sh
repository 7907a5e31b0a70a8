#!/usr/bin/env bash
# Deploys what is in this archive at a site without internet. Start here: ./deploy.sh, then ./deploy.sh help.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)); then
  printf 'error: bash 4.4 or later is needed, this is %s\n' "$BASH_VERSION" >&2
  exit 3
fi
shopt -s inherit_errexit
unset CDPATH
# No program that is started needs the password in its environment.
export -n REGISTRY_PASS
# The same classes of characters and the same words of tools on every machine.
export LC_ALL=C
umask 022

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
readonly ROOT

COMMAND=''
DRY_RUN=''
YES=''
ONLY=''
JOBS=4
WITH=curl
FORCE_JUJU=''
INSTALL=''
PUSH=''
APPLY=''
SKIP=''
# images: other places than a registry
SIDELOAD=''
DIRECTORY=''
QUIET=''
VERBOSE=''

# shellcheck source=lib.sh
. "$ROOT/kit/lib.sh"
# shellcheck source=registry.sh
. "$ROOT/kit/registry.sh"
# shellcheck source=credentials.sh
. "$ROOT/kit/credentials.sh"
# shellcheck source=names.sh
. "$ROOT/kit/names.sh"
# shellcheck source=batch.sh
. "$ROOT/kit/batch.sh"
# shellcheck source=push.sh
. "$ROOT/kit/push.sh"
# shellcheck source=push-together.sh
. "$ROOT/kit/push-together.sh"
# shellcheck source=indexes.sh
. "$ROOT/kit/indexes.sh"
# shellcheck source=layout.sh
. "$ROOT/kit/layout.sh"
# shellcheck source=manifests.sh
. "$ROOT/kit/manifests.sh"
# shellcheck source=engines.sh
. "$ROOT/kit/engines.sh"
# shellcheck source=images.sh
. "$ROOT/kit/images.sh"
# shellcheck source=dry-run.sh
. "$ROOT/kit/dry-run.sh"
# shellcheck source=sideload.sh
. "$ROOT/kit/sideload.sh"
# shellcheck source=verify.sh
. "$ROOT/kit/verify.sh"
# shellcheck source=render.sh
. "$ROOT/kit/render.sh"
# shellcheck source=juju.sh
. "$ROOT/kit/juju.sh"
# shellcheck source=model-config.sh
. "$ROOT/kit/model-config.sh"
# shellcheck source=check.sh
. "$ROOT/kit/check.sh"
# shellcheck source=check-site.sh
. "$ROOT/kit/check-site.sh"
# shellcheck source=snaps.sh
. "$ROOT/kit/snaps.sh"
# shellcheck source=apt.sh
. "$ROOT/kit/apt.sh"
# shellcheck source=plan.sh
. "$ROOT/kit/plan.sh"

parse_arguments() {
  while (($# > 0)); do
    case $1 in
      --dry-run) DRY_RUN=yes ;;
      --yes) YES=yes ;;
      --force-juju) FORCE_JUJU=yes ;;
      --install) INSTALL=yes ;;
      --push) PUSH=yes ;;
      --apply) APPLY=yes ;;
      --load | --containerd) set_sideload "${1#--}" ;;
      -q | --quiet) QUIET=yes ;;
      -v | --verbose) VERBOSE=yes ;;
      -h | --help) COMMAND=help ;;
      --only=* | --jobs=* | --with=* | --skip=* | --save-docker=*) set_flag "${1%%=*}" "${1#*=}" ;;
      --only | --jobs | --with | --skip | --save-docker)
        (($# > 1)) || usage_error "$1 needs a value"
        set_flag "$1" "$2"
        shift
        ;;
      --) ;;
      -*) usage_error "unknown flag $1" ;;
      *)
        [[ -z $COMMAND ]] || usage_error "one command at a time: $COMMAND or $1"
        COMMAND=$1
        ;;
    esac
    shift
  done
}

set_flag() { # NAME VALUE
  [[ -n $2 ]] || usage_error "$1 needs a value"
  case $1 in
    --only) ONLY=$2 ;;
    --jobs)
      [[ $2 =~ ^[1-9][0-9]?$ ]] || usage_error '--jobs is a number from 1 to 99'
      JOBS=$2
      ;;
    --with)
      [[ $2 =~ ^(curl|skopeo|podman|docker)$ ]] || usage_error '--with is curl, skopeo, podman or docker'
      WITH=$2
      ;;
    --skip)
      [[ $2 =~ ^($CHECKS)(,($CHECKS))*$ ]] || usage_error "--skip is a list of ${CHECKS//|/, }"
      SKIP=$2
      ;;
    --save-docker)
      set_sideload save
      DIRECTORY=$2
      [[ $DIRECTORY == /* ]] || DIRECTORY=$PWD/$DIRECTORY
      ;;
  esac
}

set_sideload() { # save, load or containerd
  [[ -z $SIDELOAD ]] || usage_error 'one of --save-docker, --load and --containerd'
  SIDELOAD=$1
}

main() {
  ARGUMENTS=$(command_line "$@")
  parse_arguments "$@"
  # Later on this is not the working directory any more.
  [[ -z ${SHRINKWRAP_LOG:-} || $SHRINKWRAP_LOG == /* ]] || SHRINKWRAP_LOG=$PWD/$SHRINKWRAP_LOG
  trap leave EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  case $COMMAND in
    help) help_command ;;
    '' | check | images | verify | render | deploy | all | snaps | apt | pypi | model-config | version)
      load_archive
      # What changes something leaves a trace.
      case $COMMAND in images | verify | render | deploy | all | snaps | model-config) open_log ;; esac
      [[ -n $COMMAND ]] || load_images
      COMMAND=${COMMAND:-plan}
      "${COMMAND//-/_}_command"
      ;;
    *) usage_error "unknown command $COMMAND" ;;
  esac
}

all_command() {
  load_images
  [[ -n ${DOCKER_REGISTRY:-} || ${#IMAGES[@]} == 0 ]] || usage_error 'DOCKER_REGISTRY is not set: DOCKER_REGISTRY=HOST[:PORT] ./deploy.sh all'
  check_command
  # The scheme is known from here on; each command starts from the settings again.
  [[ -z ${DOCKER_REGISTRY:-} ]] || REGISTRY_SCHEME=$SCHEME
  images_command
  has_bundle || return 0
  APPLY=$YES
  model_config_command
  deploy_command
}

main "$@"
