# The part of `check` that asks the site: names, mirror, snap store.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

# A name that this machine cannot resolve is most likely not known to the cluster either.
check_names() {
  local address host
  local -A asked=()
  command -v getent >/dev/null || return 0
  for address in "${DOCKER_REGISTRY:-}" "${APT_MIRROR_URL:-}" "${SNAP_STORE_URL:-}" "${SNAPD_API_URL:-}" "${CHARMHUB_URL:-}"; do
    host=${address#*://}
    host=${host%%/*}
    host=${host##*@}
    if [[ $host == \[* ]]; then host=${host#[} && host=${host%%]*}; else host=${host%:*}; fi
    [[ -n $host && -z ${asked["=$host"]:-} ]] || continue
    asked["=$host"]=1
    getent ahosts "$host" >/dev/null || reason "$E_FAILED" "no address is known for $host"
  done
}

# Charms from 1.29 on block unless the store has exactly their channel; earlier ones take the snap from there when its resource is empty, and it may be
# attached later.
check_store() {
  local rows row name revision arch channel
  [[ -f $ROOT/snaps/snaps.tsv ]] || return 0
  load_table rows snaps/snaps.tsv name revision arch channel base type confinement order file assert sha3_384 size
  store_reachable || return 0
  for row in "${rows[@]}"; do
    IFS=$'\t' read -r name revision arch channel _ <<<"$row"
    [[ $name =~ ^[a-z0-9-]+$ && $channel =~ ^[A-Za-z0-9./_-]+$ ]] || continue
    store_has "$name" "$channel" "$arch" && continue
    if has_snap_resources; then
      warn "the snap store does not have $name in $channel for $arch"
    else
      reason "$E_STORE" "the snap store does not have $name in $channel for $arch: the charms would stay blocked"
    fi
  done
}

STORE=''
# STORE becomes how to ask: the address of a store of the site, or snap on this machine.
store_reachable() {
  workspace
  WORK=$TMP/store
  mkdir -p -- "$WORK"
  STORE=${SNAPD_API_URL:-${SNAP_STORE_URL:-}}
  STORE=${STORE%/}
  if [[ -n $STORE ]]; then
    http --retry 0 -H 'Snap-Device-Series: 16' --url "$STORE/v2/snaps/info/snapd?fields=channel-map"
    [[ $CODE != 200 && $CODE != 404 ]] || return 0
    reason "$E_STORE" "snap store $STORE: $(answer)"
    return 1
  fi
  # Without a network it waits for its own time-outs.
  command -v snap >/dev/null && timeout 10 snap info snapd 2>/dev/null </dev/null | grep -q '^channels:' && return 0
  progress 'the snap store is not asked: SNAP_STORE_URL is not set and snap on this machine reaches none'
  return 1
}

store_has() { # NAME CHANNEL ARCH
  local track=${2%%/*} risk=${2#*/} line value here
  if [[ -n $STORE ]]; then
    http --retry 0 -H 'Snap-Device-Series: 16' --url "$STORE/v2/snaps/info/$1?fields=channel-map&architecture=$3"
    [[ $CODE == 200 ]] || return 1
    while IFS= read -r line; do
      [[ $line == *'"architecture":"'"$3"'"'* && $line == *'"track":"'"$track"'"'* && $line == *'"risk":"'"${risk%%/*}"'"'* ]] && return 0
    done < <(tr -d ' \n' <"$WORK/body" | grep -o '"channel":{[^}]*}')
    return 1
  fi
  # snap answers for the architecture of this machine only.
  here=$(machine_arch)
  [[ $here == "$3" ]] || return 0
  [[ $2 != */* ]] && track=latest
  value=$(timeout 10 snap info "$1" 2>/dev/null </dev/null | sed -n "s|^ *$track/$risk: *\\([^ ]*\\).*|\\1|p")
  [[ -n $value && $value != -- && $value != – ]]
}
