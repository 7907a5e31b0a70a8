# Where REGISTRY_USER is not set: what `docker login` or `podman login` left in config.json. Read without a JSON parser, so only where it is plain.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

# Sets REGISTRY_USER and REGISTRY_PASS when exactly one entry under "auths" is for this registry and holds "auth": base64 of USER:PASSWORD.
docker_credentials() {
  local file=${DOCKER_CONFIG:-${HOME:-/nonexistent}/.docker}/config.json text found pair here
  [[ -z ${REGISTRY_USER:-} && -r $file && -f $file ]] || return 0
  text=$(tr -d ' \t\r\n' <"$file") || return 0
  # Backslashes: another parser would read another text. A helper keeps the password elsewhere.
  [[ $text != *\\* && $text == *'"auths":{'* ]] || return 0
  # In a pattern the dots and brackets of an address stand for themselves.
  here=${REGISTRY//./\\.} here=${here//[/\\[} here=${here//]/\\]}
  found=$(grep -o "\"\(https\{0,1\}://\)\{0,1\}$here\(/v[12]/\{0,1\}\)\{0,1\}\":{[^{}]*}" <<<"$text" |
    sed -n 's/.*"auth":"\([A-Za-z0-9+/]*=*\)".*/\1/p') || return 0
  [[ -n $found && $found != *$'\n'* ]] || return 0
  pair=$(base64 -d <<<"$found" 2>/dev/null) || return 0
  [[ $pair == ?*:?* && $pair != *[[:cntrl:]]* ]] || return 0
  REGISTRY_USER=${pair%%:*}
  REGISTRY_PASS=${pair#*:}
  export -n REGISTRY_USER REGISTRY_PASS
  progress "credentials for $REGISTRY: those of $file"
}
