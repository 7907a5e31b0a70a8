# `snaps`: what is in snaps/, and with --install the snaps with their assertions onto this machine.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

snaps_command() {
  local rows row name revision arch channel confinement order file assert
  if [[ ! -f $ROOT/snaps/snaps.tsv ]] && ! listed snaps/snaps.tsv; then
    printf 'This archive was packed without snaps.\n'
    return 0
  fi
  load_table rows snaps/snaps.tsv name revision arch channel base type confinement order file assert sha3_384 size
  if [[ -z $INSTALL ]]; then
    printf '%s\n' "# the machines of the model install these from the site's snap store; on a single machine: ./deploy.sh snaps --install"
    for row in "${rows[@]}"; do
      IFS=$'\t' read -r name revision arch channel _ _ _ _ file assert _ _ <<<"$row"
      printable "$name $revision $arch $channel $file $assert"
      printf '\n'
    done
    return 0
  fi
  install_snaps "${rows[@]}"
}

install_snaps() { # ROW...
  local name arch confinement file assert here before=()
  here=$(machine_arch)
  ((EUID == 0)) || before=(sudo)
  [[ -n $DRY_RUN ]] || require_tools snap "${before[@]}"
  cd -- "$ROOT" || exit
  # By the column, not by the order of the rows: a base comes before what stands on it.
  while IFS=$'\t' read -r -u 3 _ name arch confinement file assert; do
    [[ $arch == "$here" ]] || continue
    # shellcheck disable=SC2053  # a pattern is meant
    [[ $name == *$ONLY* ]] || continue
    [[ $file == snaps/?* && $assert == snaps/?* && "/$file/$assert/" != */../* ]] || die "$E_CHECKSUM" "snaps/snaps.tsv: $file is not a file of snaps/"
    run "${before[@]}" snap ack "./$assert" || die "$E_STORE" "snap ack of $assert failed"
    case $confinement in
      classic) run "${before[@]}" snap install --classic "./$file" ;;
      devmode) run "${before[@]}" snap install --devmode "./$file" ;;
      *) run "${before[@]}" snap install "./$file" ;;
    esac || die "$E_STORE" "snap install of $name failed"
  # Not on stdin, which sudo may read.
  done 3< <(printf '%s\n' "$@" | awk -F '\t' -v OFS='\t' '{ print $8, $1, $3, $7, $9, $10 }' | sort -s -n -k1,1)
}

# Debian's word for what this machine is.
machine_arch() {
  case $(uname -m) in
    x86_64) printf amd64 ;;
    aarch64) printf arm64 ;;
    armv7l | armv6l) printf armhf ;;
    i?86) printf i386 ;;
    ppc64le) printf ppc64el ;;
    *) uname -m ;;
  esac
}
