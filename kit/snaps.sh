# `snaps`: what is in snaps/; with --install the snaps with their assertions onto this machine, with --push into the store of the site.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

snaps_command() {
  local rows
  [[ -z $INSTALL || -z $PUSH ]] || usage_error '--install or --push, one at a time'
  if [[ ! -f $ROOT/snaps/snaps.tsv ]] && ! listed snaps/snaps.tsv; then
    printf 'This archive was packed without snaps.\n'
    return 0
  fi
  load_table rows snaps/snaps.tsv name revision arch channel base type confinement order file assert sha3_384 size
  if [[ -n $INSTALL ]]; then
    install_snaps "${rows[@]}"
  elif [[ -n $PUSH ]]; then
    push_snaps "${rows[@]}"
  else
    list_snaps "${rows[@]}"
  fi
}

list_snaps() { # ROW...
  local row name revision arch channel file assert
  printf '%s\n' "# the machines of the model install these from the site's snap store; on a single machine: ./deploy.sh snaps --install"
  for row in "$@"; do
    IFS=$'\t' read -r name revision arch channel _ _ _ _ file assert _ _ <<<"$row"
    printable "$name $revision $arch $channel $file $assert"
    printf '\n'
  done
}

install_snaps() { # ROW...
  local name revision arch confinement file assert here have before=()
  local -A done_with=()
  here=$(machine_arch)
  ((EUID == 0)) || before=(sudo)
  [[ -n $DRY_RUN ]] || require_tools snap "${before[@]}"
  cd -- "$ROOT" || exit
  warn_of_roots
  # A fresh machine takes no orders before its own snaps are there.
  run "${before[@]}" snap wait system seed.loaded || true
  # By the column, not by the order of the rows: a base comes before what stands on it.
  while IFS=$'\t' read -r -u 3 _ name revision arch confinement file assert; do
    [[ $arch == "$here" ]] || continue
    # shellcheck disable=SC2053  # a pattern is meant
    [[ $name == *$ONLY* ]] || continue
    [[ $file == snaps/?* && $assert == snaps/?* && "/$file/$assert/" != */../* ]] || die "$E_CHECKSUM" "snaps/snaps.tsv: $file is not a file of snaps/"
    # A revision that several channels led to has several rows.
    [[ -z ${done_with["=$file"]:-} ]] || continue
    done_with["=$file"]=yes
    have=$(installed_revision "$name")
    if [[ $have =~ ^[0-9]{1,9}$ && $revision =~ ^[0-9]{1,9}$ ]] && ((have >= revision)); then
      progress "$name: revision $have is installed"
      continue
    fi
    run "${before[@]}" snap ack "./$assert" || die "$E_STORE" "snap ack of $assert failed$(reason_of_ack)"
    case $confinement in
      classic) run "${before[@]}" snap install --classic "./$file" ;;
      devmode) run "${before[@]}" snap install --devmode "./$file" ;;
      *) run "${before[@]}" snap install "./$file" ;;
    esac || die "$E_STORE" "snap install of $name failed"
  # Not on stdin, which sudo may read.
  done 3< <(printf '%s\n' "$@" | awk -F '\t' -v OFS='\t' '{ print $8, $1, $2, $3, $7, $9, $10 }' | sort -s -n -k1,1)
}

# Empty when it is not installed; x1 and the like for a snap that was installed without assertions.
installed_revision() { # NAME
  command -v snap >/dev/null || return 0
  snap list -- "$1" 2>/dev/null | awk 'NR == 2 { print $3 }' || true
}

# snapd has its roots built in: nothing that this archive could do adds one.
has_roots() { compgen -G "$ROOT/snaps/trust/*.assert" >/dev/null; }

warn_of_roots() {
  ! has_roots ||
    warn 'this archive was packed with roots of its own (snaps/trust): snapd knows its built-in root alone and refuses assertions that rest on another'
}

reason_of_ack() { ! has_roots || printf '%s' '; if it rests on a root of snaps/trust, this snapd cannot be made to trust it'; }

# The store takes nothing but what its vendor's exporter wrote; the layout of those files is not public, so none are made here.
push_snaps() { # ROW...
  local product file where before=() exports=()
  ((EUID == 0)) || before=(sudo)
  shopt -s nullglob
  exports=("${STORE_EXPORTS:-$ROOT/snaps/exports}"/*.tar.gz)
  shopt -u nullglob
  if ((${#exports[@]} == 0)); then
    print_export_lines "$@"
    die "$E_STORE" "nothing to push: there are no export files in ${STORE_EXPORTS:-snaps/exports}"
  fi
  product=$(store_product)
  [[ -n $product ]] || die "$E_TOOL" 'not installed on this machine: enterprise-store or snap-store-proxy; --push runs on the machine of the store'
  # The only place outside its own directories that the confined store can read.
  where=/var/snap/$product/common/snaps-to-push
  run "${before[@]}" mkdir -p "$where" || die "$E_STORE" "cannot make $where"
  for file in "${exports[@]}"; do
    # shellcheck disable=SC2053  # a pattern is meant
    [[ ${file##*/} == *$ONLY* ]] || continue
    run "${before[@]}" cp -- "$file" "$where/${file##*/}" || die "$E_STORE" "cannot copy ${file##*/} to $where"
    run "${before[@]}" "$product" push-snap "$where/${file##*/}" --push-channel-map || die "$E_STORE" "$product does not take ${file##*/}"
    run "${before[@]}" rm -f -- "$where/${file##*/}"
  done
}

store_product() {
  local product
  for product in enterprise-store snap-store-proxy; do
    ! command -v -- "$product" >/dev/null || { printf '%s' "$product" && return 0; }
  done
  [[ -z $DRY_RUN ]] || printf 'enterprise-store'
}

# One line a channel and architecture: an export is released in the store under the channel that it was exported from.
print_export_lines() { # ROW...
  cat <<'EOT'
# An Enterprise Store (Snap Store Proxy) takes only export files of its vendor's own exporter. The .snap and .assert files of this archive cannot be
# pushed into it, and no tool but the exporter makes files that can. On a machine with internet: sudo snap install store-admin, log in, then run
EOT
  printf '%s\n' "$@" | awk -F '\t' -v only="$ONLY" '
    only == "" || index($1, only) {
      key = $4 "\t" $3
      if (!(key in names)) keys[++count] = key
      if (!((key, $1) in seen)) names[key] = names[key] " " $1
      seen[key, $1] = 1
    }
    END {
      for (i = 1; i <= count; i++) {
        split(keys[i], part, "\t")
        print "store-admin export snaps" names[keys[i]] " --channel=" part[1] " --arch=" part[2] " --export-dir store-exports"
      }
    }' |
    while IFS= read -r line; do printf '%s\n' "$(printable "$line")"; done
  cat <<'EOT'
# carry store-exports/ to the machine of the store, and there: STORE_EXPORTS=store-exports ./deploy.sh snaps --push
# The exporter takes what the channels hold on that day; the revisions of this archive are in snaps/snaps.tsv.
EOT
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
