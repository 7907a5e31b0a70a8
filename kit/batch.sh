# Several requests with one curl, which starts once and keeps its connection. It asks each thing once: whoever uses it falls back on request().
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

# Status of each request of the last batch, 000 where there was no answer; the headers of the answers are in $WORK/heads/NUMBER.
CODES=()
# Bytes that went out with each.
SIZES_SENT=()
SECTIONS=()

batch_begin() {
  SECTIONS=()
  CODES=()
  SIZES_SENT=()
  [[ -d $WORK/heads ]] || mkdir -- "$WORK/heads"
}

# batch_add ADDRESS LINE... with lines of a curl configuration file. Another host than the registry's does not get to see its credentials.
batch_add() {
  local number=${#SECTIONS[@]} text line
  text='silent
show-error
globoff
proto = "=http,https"
connect-timeout = 10
speed-limit = 1
speed-time = 300
header = "Expect:"
'
  [[ ${REGISTRY_INSECURE:-0} == 0 ]] || text+=$'insecure\n'
  if [[ -n ${REGISTRY_CA:-} ]]; then curl_value "$REGISTRY_CA" && text+="cacert = $QUOTED"$'\n'; fi
  curl_value "$WORK/heads/$number" && text+="dump-header = $QUOTED"$'\n'
  curl_value "$1" && text+="url = $QUOTED"$'\n'
  text+="output = \"/dev/null\""$'\n'"write-out = \"$number %{http_code} %{size_upload}\\n\""$'\n'
  [[ $1 != "$BASE"/* ]] || text+=$'#auth\n'
  shift
  for line in "$@"; do text+=$line$'\n'; done
  SECTIONS+=("$text")
  CODES+=(000)
  SIZES_SENT+=(0)
}

QUOTED=''
curl_value() {
  QUOTED=${1//\\/\\\\}
  QUOTED=\"${QUOTED//\"/\\\"}\"
}

# Sends the batch; what is refused for want of credentials is asked once more with them.
batch_send() {
  local number again=()
  ((${#SECTIONS[@]} > 0)) || return 0
  batch_run "${!SECTIONS[@]}"
  for number in "${!CODES[@]}"; do [[ ${CODES[number]} != 401 ]] || again+=("$number"); done
  ((${#again[@]} > 0)) && authorize "$WORK/heads/${again[0]}" || return 0
  batch_run "${again[@]}"
}

batch_run() { # NUMBER...
  local number code size auth='' first=yes
  if [[ -s $WORK/auth ]]; then curl_value "@$WORK/auth" && auth="header = $QUOTED"; fi
  for number in "$@"; do
    [[ -n $first ]] || printf 'next\n'
    first=''
    printf '%s' "${SECTIONS[number]/'#auth'/$auth}"
  done >"$WORK/batch"
  curl -q -K "$WORK/batch" >"$WORK/codes" 2>"$WORK/stderr" || true
  while read -r number code size; do
    [[ $number =~ ^[0-9]+$ && $code =~ ^[0-9]{3}$ ]] || continue
    CODES[number]=$code
    SIZES_SENT[number]=${size%%[!0-9]*}
  done <"$WORK/codes"
  detail "${#} requests to $BASE: ${CODES[*]}"
}
