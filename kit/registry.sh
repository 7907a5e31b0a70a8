# The site's registry over HTTP: its address, whether it speaks TLS, what it wants to see before it lets anybody in.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

REGISTRY=''
PREFIX=''
SCHEME=''
BASE=''
REASON=''
# Answer of the last request: CODE is its status (000 for none), $WORK/head and $WORK/body the rest.
WORK=''
CODE=''
CURL_EXIT=0
# What the next token is asked for: ACTIONS on REPOSITORY, and pull on each of MOUNT_FROM.
ACTIONS=pull
REPOSITORY=''
MOUNT_FROM=''

readonly REPOSITORY_PATTERN='[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*'
readonly TAG_PATTERN='[A-Za-z0-9_][A-Za-z0-9._-]{0,127}'
readonly HOST_PATTERN='([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?'
MANIFEST_TYPES=application/vnd.oci.image.index.v1+json,application/vnd.docker.distribution.manifest.list.v2+json
MANIFEST_TYPES+=,application/vnd.oci.image.manifest.v1+json,application/vnd.docker.distribution.manifest.v2+json

# Reads and judges the environment; no network.
registry_settings() {
  REGISTRY=${DOCKER_REGISTRY:-}
  PREFIX=${REGISTRY_PREFIX:-cdk}
  SCHEME=${REGISTRY_SCHEME:-auto}
  # Later on this is not the working directory any more.
  [[ -z ${REGISTRY_CA:-} || $REGISTRY_CA == /* ]] || REGISTRY_CA=$PWD/$REGISTRY_CA
  [[ -n $REGISTRY ]] || usage_error 'DOCKER_REGISTRY is not set: DOCKER_REGISTRY=HOST[:PORT] ./deploy.sh …'
  [[ $REGISTRY != *://* ]] || usage_error 'DOCKER_REGISTRY is HOST[:PORT] without a scheme; REGISTRY_SCHEME=http or https says which'
  [[ $REGISTRY != */* ]] || usage_error 'DOCKER_REGISTRY is HOST[:PORT] without a path; REGISTRY_PREFIX is the path'
  [[ $REGISTRY =~ ^$HOST_PATTERN$ ]] || usage_error 'DOCKER_REGISTRY is not HOST[:PORT]'
  [[ $PREFIX =~ ^$REPOSITORY_PATTERN$ ]] || usage_error 'REGISTRY_PREFIX is not a repository path (lower-case letters, digits, ".", "_", "-", "/" between)'
  [[ $SCHEME =~ ^(auto|http|https)$ ]] || usage_error 'REGISTRY_SCHEME is auto, http or https'
  [[ ${REGISTRY_INSECURE:-0} =~ ^[01]$ ]] || usage_error 'REGISTRY_INSECURE is 0 or 1'
  [[ -n ${REGISTRY_USER:-} || -z ${REGISTRY_PASS:-} ]] || usage_error 'REGISTRY_PASS is set without REGISTRY_USER'
  [[ ${REGISTRY_USER:-} != *:* ]] || usage_error 'REGISTRY_USER holds a colon'
  [[ -z ${REGISTRY_CA:-} || -r ${REGISTRY_CA:-} ]] || usage_error "REGISTRY_CA: cannot read $REGISTRY_CA"
  docker_credentials
}

# One request. Credentials travel in a file, never in an argument list, which everybody on the machine can read.
http() {
  local options=(-q -sS -g --proto '=http,https' --connect-timeout 10 --speed-limit 1 --speed-time 300 -H 'Expect:')
  [[ -z ${REGISTRY_CA:-} ]] || options+=(--cacert "$REGISTRY_CA")
  [[ ${REGISTRY_INSECURE:-0} == 0 ]] || options+=(-k)
  CURL_EXIT=0
  : >"$WORK/head"
  : >"$WORK/body"
  CODE=$(curl "${options[@]}" -D "$WORK/head" -o "$WORK/body" -w '%{http_code}' "$@" 2>"$WORK/stderr") || CURL_EXIT=$?
  ((CURL_EXIT == 0)) || CODE=000
}

# One request to the registry; when it asks for credentials or a fresh token, once more with them.
request() {
  local attempt
  for attempt in first second; do
    if [[ -s $WORK/auth ]]; then
      http --retry "${SHRINKWRAP_RETRIES:-3}" -H "@$WORK/auth" "$@"
    else
      http --retry "${SHRINKWRAP_RETRIES:-3}" "$@"
    fi
    detail "${*: -1} $CODE"
    [[ $CODE == 401 && $attempt == first ]] || return 0
    authorize "$WORK/head" || return 0
  done
}

# HEADER becomes the value of a header; the last one wins (curl writes those of every attempt).
HEADER=''
header() { # NAME-IN-LOWER-CASE FILE
  local line found=''
  while IFS= read -r line; do
    [[ ${line,,} != "$1":* ]] || found=${line#*:}
  done <"$2"
  found=${found%$'\r'}
  HEADER=${found#"${found%%[![:space:]]*}"}
}

# Why the last request failed, in one line.
answer() {
  if ((CURL_EXIT != 0)); then
    sed -n 's/^curl: //p' "$WORK/stderr" | sed -n '$p'
  else
    printf 'status %s %s\n' "$CODE" "$(head -c 300 "$WORK/body" | tr '\n\r\t' '   ')"
  fi
}

# Answers the challenge of a 401. Fails when nothing new can be said.
authorize() { # FILE-OF-HEADERS
  local challenges bearer
  challenges=$(sed -n 's/^www-authenticate:[[:space:]]*//Ip' "$1" | tr -d '\r')
  bearer=$(sed -n 's/^\(.*,[[:space:]]*\)\{0,1\}bearer[[:space:]]\{1,\}\(.*realm=.*\)$/\2/Ip' <<<"$challenges" | sed -n 1p)
  if [[ -n $bearer ]]; then
    fetch_token "$bearer"
  elif grep -qi '^basic' <<<"$challenges" && [[ -n ${REGISTRY_USER:-} && ! -s $WORK/auth ]]; then
    basic_header >"$WORK/auth"
  else
    return 1
  fi
}

basic_header() { printf 'Authorization: Basic %s\n' "$(printf '%s:%s' "$REGISTRY_USER" "${REGISTRY_PASS:-}" | base64 -w0)"; }

challenge_field() { sed -n "s/.*$1=\"\([^\"]*\)\".*/\1/Ip" <<<"$2"; }

fetch_token() { # CHALLENGE
  local realm service token from arguments=()
  realm=$(challenge_field realm "$1")
  service=$(challenge_field service "$1")
  [[ $realm == https://* || ($realm == http://* && $BASE == http://*) ]] || return 1
  [[ -z $service ]] || arguments+=(--data-urlencode "service=$service")
  [[ -z $REPOSITORY ]] || arguments+=(--data-urlencode "scope=repository:$REPOSITORY:$ACTIONS")
  for from in $MOUNT_FROM; do arguments+=(--data-urlencode "scope=repository:$from:pull"); done
  : >"$WORK/basic"
  [[ -z ${REGISTRY_USER:-} ]] || basic_header >"$WORK/basic"
  http -G "${arguments[@]}" -H "@$WORK/basic" --url "$realm"
  token=$(tr '\n' ' ' <"$WORK/body" | sed -n 's/.*"\(access_\)\{0,1\}token"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\2/p' | sed 's,\\/,/,g')
  # The characters a token may have (RFC 6750 2.1): anything else would end up in the header.
  if [[ $CODE == 200 && $token =~ ^[A-Za-z0-9._~+/-]+=*$ ]]; then
    printf 'Authorization: Bearer %s\n' "$token" >"$WORK/auth"
  else
    CODE=401
    return 1
  fi
}

# A token is good for one repository; a password for all of them.
use_repository() { # REPOSITORY [MOUNT-FROM...]
  local repository=$1
  shift
  [[ $repository == "$REPOSITORY" && "$*" == "$MOUNT_FROM" ]] || ! by_token || : >"$WORK/auth"
  REPOSITORY=$repository
  MOUNT_FROM=$*
}

by_token() {
  local line=''
  { IFS= read -r line <"$WORK/auth"; } 2>/dev/null || true
  [[ $line == *' Bearer '* ]]
}

# Decides the scheme and knocks; 1 with REASON when nobody who may let us in is there.
registry_open() {
  workspace
  WORK=$TMP/registry
  mkdir -p -- "$WORK"
  BASE="${SCHEME/auto/https}://$REGISTRY"
  request --retry 0 --url "$BASE/v2/"
  # 35 is a failed handshake: perhaps no TLS at all. A bad certificate or a closed port is no reason to go on in clear text.
  if [[ $SCHEME == auto && $CURL_EXIT == 35 && -z ${REGISTRY_CA:-} ]]; then
    REASON=$(answer)
    BASE="http://$REGISTRY"
    request --retry 0 --url "$BASE/v2/"
    if [[ $CODE != 200 && $CODE != 401 ]]; then
      REASON="registry $REGISTRY: $REASON"
      return 1
    fi
    progress "registry $REGISTRY does not speak TLS: using http"
    [[ -z ${REGISTRY_PASS:-} ]] || warn "the password goes to $REGISTRY in clear text"
  fi
  case $CODE in
    200) SCHEME=${BASE%%:*} ;;
    401) if [[ -n ${REGISTRY_USER:-} ]]; then
      REASON="registry $REGISTRY refuses the user $REGISTRY_USER"
    else
      REASON="registry $REGISTRY wants credentials: set REGISTRY_USER and REGISTRY_PASS"
    fi && return 1 ;;
    *) REASON="registry $BASE/v2/: $(answer)" && return 1 ;;
  esac
}

# FOUND becomes the digest that a tag has now, empty when there is none. Fails when the registry does.
FOUND=''
remote_digest() { # REPOSITORY TAG
  FOUND=''
  request -I -H "Accept: $MANIFEST_TYPES" --url "$BASE/v2/$1/manifests/$2"
  case $CODE in
    200) ;;
    404) return 0 ;;
    *) return 1 ;;
  esac
  header docker-content-digest "$WORK/head"
  FOUND=$HEADER
  if [[ -z $FOUND ]]; then
    # The header is only a SHOULD of the specification.
    request -H "Accept: $MANIFEST_TYPES" --url "$BASE/v2/$1/manifests/$2"
    [[ $CODE == 200 ]] || return 1
    FOUND="sha256:$(sha256sum <"$WORK/body" | cut -d' ' -f1)"
  fi
}

# SURVEY holds, by REPOSITORY:TAG, the digest of every tag that could be asked for in one go, empty for one that is not there.
declare -A SURVEY=()

# Tokens are made out for one repository each: with them there is nothing to be asked in one go.
survey() { # REPOSITORY:TAG...
  local index name names=("$@")
  SURVEY=()
  ! by_token || return 0
  batch_begin
  for name in "${names[@]}"; do batch_add "$BASE/v2/${name%:*}/manifests/${name##*:}" head "header = \"Accept: $MANIFEST_TYPES\""; done
  batch_send
  for index in "${!names[@]}"; do
    case ${CODES[index]} in
      200)
        header docker-content-digest "$WORK/heads/$index"
        if [[ -n $HEADER ]]; then SURVEY["${names[index]}"]=$HEADER; fi
        ;;
      404) SURVEY["${names[index]}"]='' ;;
    esac
  done
  return 0
}

# FOUND becomes the digest of a tag, from the survey where it knows.
known_digest() { # REPOSITORY TAG
  FOUND=${SURVEY["$1:$2"]-unknown}
  [[ $FOUND == unknown ]] || return 0
  use_repository "$1"
  remote_digest "$1" "$2"
}
