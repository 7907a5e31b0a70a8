# `apt` and `pypi`: the repository of the archive where it has one, else the recipe for a mirror that holds what the charms install.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

# What Juju itself installs on every machine before any charm runs.
readonly JUJU_DEBS='curl cpu-checker tmux ubuntu-fan'

apt_command() {
  local rows
  if [[ -d $ROOT/apt/dists ]]; then
    apt_repository
    return 0
  fi
  if [[ ! -f $ROOT/apt/packages.tsv ]] && ! listed apt/packages.tsv; then
    printf 'This archive was packed without lists of Debian packages.\n'
    return 0
  fi
  load_table rows apt/packages.tsv package base origin charm why
  printf '# This archive lists Debian packages and does not carry them. The site needs a mirror that has these with all they depend on and recommend;\n'
  printf '# then APT_MIRROR_URL=http://mirror/ubuntu ./deploy.sh model-config. Run this where both the internet and the mirror are:\n'
  printf '%s\n' "${rows[@]}" | sort -t $'\t' -k2,2 -k3,3 -k1,1 -u |
    awk -F '\t' -v "juju=$JUJU_DEBS" -v "archs=${ARCHIVE[archs]:-amd64}" -f "$ROOT/kit/apt-recipe.awk"
}

# The repository is laid out as dists/SUITE/COMPONENT/binary-ARCH.
apt_repository() {
  local path suite component before=() lines=''
  for path in "$ROOT"/apt/dists/*/; do
    suite=${path%/}
    suite=${suite##*/}
    component=$(printf '%s\n' "$path"*/binary-* | sed -n 's,.*/\([^/]*\)/binary-[^/]*$,\1,p' | sort -u | tr '\n' ' ')
    lines+="deb [trusted=yes] file:$ROOT/apt $suite $component"$'\n'
  done
  if [[ -z $INSTALL ]]; then
    printf '# apt/ is a repository. For the machines of the model: any web server that shows %s, and its address as APT_MIRROR_URL.\n' \
      "$(command_line "$ROOT/apt")"
    printf '# For this machine: ./deploy.sh apt --install, which writes /etc/apt/sources.list.d/shrinkwrap.list:\n%s' "$lines"
    return 0
  fi
  ((EUID == 0)) || before=(sudo)
  if [[ -n $DRY_RUN ]]; then
    printf '+ write /etc/apt/sources.list.d/shrinkwrap.list\n'
  else
    printf '%s' "$lines" | "${before[@]}" tee -- /etc/apt/sources.list.d/shrinkwrap.list >/dev/null || die "$E_FAILED" 'cannot write below /etc/apt'
  fi
  run "${before[@]}" apt-get update >&2 || die "$E_FAILED" 'apt-get update failed'
}

pypi_command() {
  local rows row package version origin charm wanted=()
  if [[ ! -f $ROOT/pypi/packages.tsv ]] && ! listed pypi/packages.tsv; then
    printf 'This archive was packed without a list of Python packages.\n'
    return 0
  fi
  load_table rows pypi/packages.tsv package version origin charm
  for row in "${rows[@]}"; do
    IFS=$'\t' read -r package version origin charm <<<"$row"
    [[ $origin == pypi && $package =~ ^[A-Za-z0-9._-]+$ ]] || continue
    if [[ $version =~ ^[A-Za-z0-9._+!-]+$ && $version != - ]]; then wanted+=("$package==$version"); else wanted+=("$package"); fi
  done
  if ((${#wanted[@]} == 0)); then
    printf '%d Python packages travel inside the charms; no index is needed.\n' "${#rows[@]}"
    return 0
  fi
  printf '# The charms ask an index for these; the rest travels inside them. Where there is internet:\n%s\n' \
    "$(command_line pip download -d pypi --only-binary :all: "${wanted[@]}")"
  printf '# at the site: a web server that shows that directory, and its address in the option of the charm for an index.\n'
}
