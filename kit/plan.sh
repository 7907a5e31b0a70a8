# What is printed without a command: what this archive is and what to do with it. Also `help` and `version`.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

plan_command() {
  local rows bytes step=1
  bytes=$(printf '%s\n' "${IMAGES[@]}" | awk -F '\t' '{ sum += $6 } END { printf "%.0f\n", sum }')
  version_command
  printf '\nIn it:\n'
  ! has_bundle || printf '  %4d charms\n' "$(count_files "$ROOT"/charms/*.charm)"
  if [[ -f $ROOT/snaps/snaps.tsv ]]; then
    load_table rows snaps/snaps.tsv name revision arch channel base type confinement order file assert sha3_384 size
    printf '  %4d snaps\n' "${#rows[@]}"
  fi
  printf '  %4d images, %s\n' "${#IMAGES[@]}" "$(mebibytes "$bytes")"
  printf '\nWhat to do (nothing has been changed; nothing is sent before you say so):\n'
  plan_step './deploy.sh check' \
    'Finds whatever would stop you before anything is changed: files, tools, space, clock and, where there are any, registry, snap store and juju.'
  [[ ${#IMAGES[@]} == 0 ]] || plan_step 'DOCKER_REGISTRY=registry.example:5000 ./deploy.sh images' \
    "Pushes the images to that registry, below ${REGISTRY_PREFIX:-cdk}/. Afterwards ./deploy.sh verify compares the digests."
  ! has_registry_image || printf '     No registry yet? The image of one is in here; README.md says how to start it.\n'
  [[ ! -f $ROOT/snaps/snaps.tsv ]] || plan_step './deploy.sh snaps' \
    'Lists what the snap store of the site must have, in which channels. With --install the snaps go onto this machine.'
  [[ ! -f $ROOT/apt/packages.tsv ]] || plan_step './deploy.sh apt' 'Says which Debian packages a mirror of the site must have, and how to make one.'
  ! has_bundle || plan_step 'APT_MIRROR_URL=… SNAP_STORE_URL=… ./deploy.sh model-config' \
    'Writes what the model must know of the site; --apply tells it juju.'
  ! has_bundle || plan_step 'DOCKER_REGISTRY=registry.example:5000 ./deploy.sh deploy' \
    "Writes $OVERLAY and prints the juju line; --yes runs it. Needs juju ${ARCHIVE[juju_min]:-2.9} or later, before 4."
  printf '\n./deploy.sh help lists commands, flags, settings and exit codes. README.md tells the whole procedure.\n'
}

# For a site without a registry.
has_registry_image() { [[ $'\n'$(printf '%s\n' "${IMAGES[@]}") == *$'\n'docker.io/library/registry:* ]]; }

plan_step() { # COMMAND WHAT-IT-DOES
  printf '\n  %d. %s\n     %s\n' "$step" "$1" "$(printable "$2")"
  step=$((step + 1))
}

count_files() { # GLOB-RESULT...; a glob that matched nothing stands there itself
  [[ -e $1 ]] || set --
  printf '%d' "$#"
}

version_command() {
  printf '%s %s\n' "$(printable "${ARCHIVE[name]:-unnamed}")" "$(printable "${ARCHIVE[channel]:-${ARCHIVE[track]:-}}")"
  local created format base=${ARCHIVE[base]:-}
  created=$(manifest_field created) format=$(manifest_field format)
  printf 'for %s%s\n' "$(printable "${ARCHIVE[archs]:-amd64}")" "$(printable "${base:+, $base}")"
  printf 'packed %s, %s\n' "${created:-at an unknown time}" "${format:-unknown format}"
}

help_command() {
  cat <<'EOT'
Deploys what is in this archive at a site without internet. Talks to the given registry and to juju, to nobody else.

usage: ./deploy.sh [COMMAND] [FLAG]...

Without a command: what is in the archive and what to do, nothing is changed.

commands
  check         everything that can be wrong before anything is changed: files, tools, space, clock, names, registry, snap store, juju
  images        push the images to $DOCKER_REGISTRY
  verify        compare the digests in the registry with this archive's, and juju status with its applications
  snaps         list the snaps; --install: onto this machine; --push: into the store
  apt, pypi     the packages of the archive, or the recipe for a mirror of them
  model-config  write model-config.yaml, add-model.yaml and bootstrap-defaults.yaml from the settings below; --apply runs juju model-config
  render        write overlays/registry.yaml, which points the charms at the registry
  deploy        render, and print the juju line; --yes runs it
  all           check, images, model-config, deploy; stops at the first error
  version       what this archive is
  help          this text

flags
  --dry-run         print each command with a + before it, change nothing
  --yes             deploy, all: run juju
  --only PATTERN    only images or snaps whose name has PATTERN in it (* and ? allowed)
  --jobs N          images at a time (default 4)
  --with TOOL       images, verify: curl (default) or skopeo, which keep digests; podman or docker, which write manifests of their own
  --save-docker DIR images: files for docker load into DIR, with a load.sh, instead of a push
  --load            images: into docker (or with --with podman into podman) on this machine instead of a push
  --containerd      images: into containerd on this machine instead of a push
  --skip CHECK,…    check: leave out tools, files, unlisted, space, clock, names, registry, store or juju
  --apply           model-config: run juju
  --install         snaps, apt: install on this machine
  --force-juju      go on with a juju that is known not to fit
  --push            snaps: push export files of store-admin, or say how to get them
  -q, -v            say less, say more

settings (environment)
  DOCKER_REGISTRY    HOST[:PORT], no scheme, no path
  REGISTRY_PREFIX    path below which the images go (default cdk)
  REGISTRY_SCHEME    http, https or auto (default: https, and http if the port speaks no TLS)
  REGISTRY_USER, REGISTRY_PASS   credentials; else those that docker login left in ~/.docker/config.json
  REGISTRY_CA        PEM file of the registry's own CA
  REGISTRY_INSECURE  1: do not check its certificate
  REGISTRY_MIRRORS   hosts whose images containerd takes from the registry: list with commas, *, or none
  JUJU, JUJU_MODEL   client (default juju), model (default: the current one)
  JUJU_ARCH          architecture of the model, of an archive for several (default: its first)
  STORE_EXPORTS      directory of export files for snaps --push
  APT_MIRROR_URL     the site's APT mirror
  SNAP_STORE_URL     the site's Enterprise Store (Snap Store Proxy); or SNAP_STORE_ID with SNAP_STORE_ASSERTIONS, a file
  SNAPD_API_URL      a store that speaks snapd's own protocol and needs no registration, as shrinkwrap serve does
  CHARMHUB_URL       the site's Charmhub
  SITE_HTTP_PROXY, SITE_HTTPS_PROXY, SITE_NO_PROXY   proxies of the machines of the model
  SHRINKWRAP_LOG     file to which messages are appended (default deploy.log beside deploy.sh)
  TMPDIR, NO_COLOR   where images are unpacked on their way; no colours

exit codes
  0 done   1 unexpected failure   2 usage, or nothing in this archive for it   3 tool missing   4 not the files that were packed
  5 registry unreachable or refuses us   6 some images failed or differ   7 snap store   8 juju or its model unsuitable
  9 juju failed, or not everything is active
EOT
}
