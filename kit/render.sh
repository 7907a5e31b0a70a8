# `render`: overlays/registry.yaml, which tells each charm of the bundle where the site's registry is. It is the text of
# kit/data/registry-options.tsv with the address filled in.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

readonly OVERLAY=overlays/registry.yaml
DEFAULT_MIRRORS=rocks.canonical.com:443,rocks.canonical.com,registry.k8s.io,k8s.gcr.io,docker.io,quay.io,gcr.io,us.gcr.io,ghcr.io
DEFAULT_MIRRORS+=,public.ecr.aws,mcr.microsoft.com,nvcr.io
MASK='********'

render_command() {
  require_bundle render
  registry_settings
  render_text
  if [[ -z $RENDERED ]]; then
    printf 'No charm of this archive has an option for a registry: nothing to render.\n'
    return 0
  fi
  write_overlay
  [[ -n $DRY_RUN ]] || progress "written: $OVERLAY"
  # What stands in the file stays out of terminals and logs.
  printf '%s\n' "${RENDERED_MASKED}"
}

RENDERED=''
RENDERED_MASKED=''

# Fills RENDERED, and RENDERED_MASKED where the password is not readable.
render_text() {
  local options
  load_table options kit/data/registry-options.tsv application option form value
  ((${#options[@]} > 0)) || return 0
  require_tools curl sed grep base64
  render_settings
  if [[ $SCHEME == auto ]]; then
    if [[ -n $DRY_RUN ]]; then
      dry_run_base
    else
      registry_open || die "$E_REGISTRY" "$REASON (REGISTRY_SCHEME=http or https renders without asking)"
    fi
  fi
  if [[ $SCHEME == http && -n ${REGISTRY_USER:-} ]]; then
    warn 'containerd sends no credentials to a plain http registry: they are left out, it must let everybody pull'
  fi
  RENDERED=$(overlay_text "${REGISTRY_PASS:-}" "${options[@]}")
  RENDERED_MASKED=$(overlay_text "${REGISTRY_PASS:+$MASK}" "${options[@]}")
}

# The charm pastes user and password into TOML as they are.
render_settings() {
  local host hosts
  [[ ${REGISTRY_USER:-}${REGISTRY_PASS:-} != *[\"\\[:cntrl:]]* ]] ||
    usage_error 'REGISTRY_USER and REGISTRY_PASS may not hold a double quote, a backslash or a line break: containerd could not read its configuration'
  [[ -z ${REGISTRY_USER:-} || -n ${REGISTRY_PASS:-} ]] || usage_error 'REGISTRY_USER is set without REGISTRY_PASS'
  [[ ${REGISTRY_MIRRORS:-} != none ]] || return 0
  IFS=, read -r -a hosts <<<"${REGISTRY_MIRRORS:-}"
  for host in "${hosts[@]}"; do
    [[ $host == '*' || $host =~ ^$HOST_PATTERN$ ]] || usage_error "REGISTRY_MIRRORS: $host is not HOST[:PORT], * or none"
  done
}

overlay_text() { # PASSWORD ROW...
  local password=$1 row application option form value applications=() name line
  local -A lines=() resources=()
  shift
  for row in "$@"; do
    IFS=$'\t' read -r application option form value <<<"$row"
    case $form in
      custom-registries) value=$(custom_registries "$password") ;;
      registry) value=$REGISTRY/$PREFIX ;;
      image | resource-image) value=$REGISTRY/$PREFIX/$value ;;
      *) die "$E_CHECKSUM" "kit/data/registry-options.tsv: unknown form $form" ;;
    esac
    [[ -n ${lines["=$application"]:-}${resources["=$application"]:-} ]] || applications+=("$application")
    line="      $(yaml_string "$option"): $(yaml_string "$value")"$'\n'
    # Juju takes a reference in place of a file for a resource that is an image.
    if [[ $form == resource-image ]]; then resources["=$application"]+=$line; else lines["=$application"]+=$line; fi
  done
  printf '# Where the images come from at this site. Written by ./deploy.sh render; write it again rather than edit it.\napplications:\n'
  for name in "${applications[@]}"; do
    printf '  %s:\n' "$(yaml_string "$name")"
    [[ -z ${lines["=$name"]:-} ]] || printf '    options:\n%s' "${lines["=$name"]}"
    [[ -z ${resources["=$name"]:-} ]] || printf '    resources:\n%s' "${resources["=$name"]}"
  done
}

# The JSON that the containerd charm reads. One entry stands for the registry itself and is the only one with credentials and TLS keys: a
# second one would write the same TOML table twice. Without a scheme for https: containerd finds credentials by bare HOST:PORT only.
custom_registries() { # PASSWORD
  local url=$REGISTRY host hosts mirrors seen=",$REGISTRY," entries
  [[ $SCHEME == https ]] || url="http://$REGISTRY"
  entries="{\"host\":$(json_string "$REGISTRY"),\"url\":$(json_string "$url")$(registry_keys "$1")}"
  # docker.io always: the charm would add the public one, and the site would wait for it.
  mirrors=${REGISTRY_MIRRORS:-$DEFAULT_MIRRORS},docker.io
  case ,$mirrors, in
    ,none,*) mirrors=docker.io ;;
    *,"*",*) mirrors+=,rocks.canonical.com:443,rocks.canonical.com ;;
  esac
  IFS=, read -r -a hosts <<<"$mirrors"
  for host in "${hosts[@]}"; do
    [[ $seen != *,"$host",* ]] || continue
    seen+="$host,"
    entries+=",{\"host\":$(json_string "$host"),\"url\":$(json_string "$url$(mirror_path "$host")")}"
  done
  printf '[%s]' "$entries"
}

registry_keys() { # PASSWORD
  [[ $SCHEME == https ]] || return 0
  [[ -z ${REGISTRY_USER:-} ]] || printf ',"username":%s,"password":%s' "$(json_string "$REGISTRY_USER")" "$(json_string "$1")"
  [[ -z ${REGISTRY_CA:-} ]] || printf ',"ca_file":%s' "$(json_string "$(base64 -w0 <"$REGISTRY_CA")")"
  [[ ${REGISTRY_INSECURE:-0} == 0 ]] || printf ',"insecure_skip_verify":true'
}

# What a mirror asks for is its endpoint plus the image's own path; an endpoint without a path means /v2. Images lie below PREFIX by their path
# without host, but those of rocks.canonical.com bring a cdk/ of their own, which is not there twice.
mirror_path() { # HOST
  local below=$PREFIX
  case $1 in rocks.canonical.com | rocks.canonical.com:443)
    case $PREFIX in
      cdk) below='' ;;
      */cdk) below=${PREFIX%/cdk} ;;
    esac
    ;;
  esac
  [[ -z $below ]] || printf '/v2/%s' "$below"
}

json_string() {
  local text=$1 out='' char index
  for ((index = 0; index < ${#text}; index++)); do
    # Most texts have nothing to escape.
    [[ $index != 0 || $text == *[\"\\[:cntrl:]]* ]] || { out=$text && break; }
    char=${text:index:1}
    case $char in
      \" | \\) out+="\\$char" ;;
      [[:cntrl:]]) printf -v char '\\u%04x' "'$char" && out+=$char ;;
      *) out+=$char ;;
    esac
  done
  printf '"%s"' "$out"
}

yaml_string() {
  local quote="'" rest=$1 out=''
  [[ $rest != *[[:cntrl:]]* ]] || die "$E_CHECKSUM" 'kit/data/registry-options.tsv holds a control character'
  while [[ $rest == *"$quote"* ]]; do
    out+=${rest%%"$quote"*}$quote$quote
    rest=${rest#*"$quote"}
  done
  printf '%s' "$quote$out$rest$quote"
}

# Nobody else may read it when there is a password in it; no reader ever sees half of it.
write_overlay() {
  local draft=$ROOT/overlays/.registry.yaml.$$
  if [[ -n $DRY_RUN ]]; then
    printf '+ write %s\n' "$OVERLAY"
    return 0
  fi
  mkdir -p -- "$ROOT/overlays"
  [[ -z ${REGISTRY_PASS:-} ]] || umask 077
  DRAFT=$draft
  printf '%s\n' "$RENDERED" >"$draft" || die "$E_FAILED" "cannot write below $ROOT/overlays"
  mv -f -- "$draft" "$ROOT/$OVERLAY"
  umask 022
}
