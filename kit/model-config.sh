# `model-config`: what the model must know of the site. Three files, since some settings cannot be changed once the model exists.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

# For `juju model-config`, for `juju add-model --config`, for `juju bootstrap --model-default`.
readonly MODEL_FILES=(model-config.yaml add-model.yaml bootstrap-defaults.yaml)
readonly URL_PATTERN='https?://[A-Za-z0-9._~:/?@!$&()*+,;=%#-]+'

model_config_command() {
  local apply=$APPLY
  require_bundle model-config
  site_settings
  # Before anything is written: no model is left with half of it.
  if [[ -n $apply && -z $DRY_RUN ]]; then
    [[ -n $(juju_client) ]] || die "$E_TOOL" "not installed on this machine: ${JUJU:-juju}"
  fi
  [[ -z $(juju_client) ]] || require_suitable_juju
  write_top model-config.yaml "$(settings_text live)"
  write_top add-model.yaml "$(settings_text new)"
  write_top bootstrap-defaults.yaml "$(settings_text new)"
  model_config_line
  print_model_config
  if [[ -n $apply && -z $DRY_RUN ]]; then
    cd -- "$ROOT" || exit
    run_juju "${MODEL_LINE[@]}"
  fi
}

site_settings() {
  local name value
  for name in SNAP_STORE_URL SNAPD_API_URL APT_MIRROR_URL CHARMHUB_URL SITE_HTTP_PROXY SITE_HTTPS_PROXY; do
    value=${!name:-}
    [[ -z $value || $value =~ ^$URL_PATTERN$ ]] || usage_error "$name is not an http or https address"
  done
  [[ ${SITE_NO_PROXY:-} =~ ^[A-Za-z0-9.,:/_*-]*$ ]] || usage_error 'SITE_NO_PROXY is a list of hosts and networks with commas'
  [[ ${SNAP_STORE_ID:-} =~ ^[A-Za-z0-9_-]*$ ]] || usage_error 'SNAP_STORE_ID is the store id that snap-store-proxy status prints'
  [[ -z ${SNAP_STORE_ASSERTIONS:-} || -r $SNAP_STORE_ASSERTIONS ]] || usage_error "SNAP_STORE_ASSERTIONS: cannot read it"
  # Juju asks the store itself for both when it is told the address only.
  [[ -z ${SNAP_STORE_ID:-} || -n ${SNAP_STORE_ASSERTIONS:-} ]] ||
    usage_error 'SNAP_STORE_ID needs SNAP_STORE_ASSERTIONS, the file of what URL/v2/auth/store/assertions answers'
  [[ -z ${SNAP_STORE_ASSERTIONS:-} || -n ${SNAP_STORE_ID:-} ]] || usage_error 'SNAP_STORE_ASSERTIONS needs SNAP_STORE_ID'
  [[ -z ${SNAPD_API_URL:-} || -z ${SNAP_STORE_URL:-}${SNAP_STORE_ID:-} ]] || usage_error 'SNAPD_API_URL or SNAP_STORE_…, not both'
}

# live: what an existing model takes. new: and what must be there before its first machine.
settings_text() { # live | new
  printf '# Written by ./deploy.sh model-config; write it again rather than edit it.\n'
  # The mirror of a closed site is rarely complete; an upgrade of everything would stop at the first package that it lacks.
  printf 'enable-os-upgrade: false\n'
  setting apt-mirror "${APT_MIRROR_URL:-}"
  setting snap-store-proxy "${SNAP_STORE_ID:-}"
  if [[ -n ${SNAP_STORE_ASSERTIONS:-} ]]; then block snap-store-assertions "$(tr -d '\r' <"$SNAP_STORE_ASSERTIONS")"; fi
  [[ -n ${SNAP_STORE_ID:-} ]] || setting snap-store-proxy-url "${SNAP_STORE_URL:-}"
  proxy_settings
  [[ $1 == new ]] || return 0
  setting charmhub-url "${CHARMHUB_URL:-}"
  local userdata
  userdata=$(userdata_text)
  [[ -z $userdata ]] || block cloudinit-userdata "$userdata"
}

proxy_settings() {
  local kind
  [[ -n ${SITE_HTTP_PROXY:-}${SITE_HTTPS_PROXY:-} ]] || return 0
  for kind in apt juju snap; do
    setting "$kind-http-proxy" "${SITE_HTTP_PROXY:-}"
    setting "$kind-https-proxy" "${SITE_HTTPS_PROXY:-${SITE_HTTP_PROXY:-}}"
    [[ $kind == snap ]] || setting "$kind-no-proxy" "${SITE_NO_PROXY:-}"
  done
}

# For cloud-init on every machine. Never with a key `apt`: it would win over apt-mirror.
userdata_text() {
  if [[ -n ${SNAPD_API_URL:-} ]]; then
    printf 'write_files:\n'
    printf -- '- path: /etc/systemd/system/snapd.service.d/store.conf\n  content: |\n    [Service]\n'
    # systemd reads % as the beginning of a specifier.
    printf '    Environment=%s\n' "SNAPPY_FORCE_API_URL=${SNAPD_API_URL//%/%%}"
    printf 'preruncmd:\n- systemctl daemon-reload\n- systemctl restart snapd\n'
  fi
  # containerd 2 trusts what the machine trusts, whatever the charm configures.
  if [[ -n ${REGISTRY_CA:-} ]]; then
    printf 'ca-certs:\n  trusted:\n  - |\n'
    sed 's/\r$//; s/^/    /' <"$REGISTRY_CA"
  fi
}

setting() { # KEY VALUE
  [[ -z $2 ]] || printf '%s: %s\n' "$1" "$(yaml_string "$2")"
}

block() { # KEY TEXT
  printf '%s: |\n' "$1"
  printf '  %s\n' "${2//$'\n'/$'\n  '}"
}

MODEL_LINE=()
model_config_line() {
  local model=()
  [[ -z ${JUJU_MODEL:-} ]] || model=(-m "$JUJU_MODEL")
  MODEL_LINE=("${JUJU:-juju}" model-config "${model[@]}")
  # A file by its place in Juju 2.9, by a flag in 3.
  ((JUJU_MAJOR < 3)) || MODEL_LINE+=(--file)
  MODEL_LINE+=(./model-config.yaml)
}

print_model_config() {
  local before=''
  [[ -z $DRY_RUN ]] || before='+ '
  printf '# in %s\n' "$(command_line "$ROOT")"
  printf '# before there is a controller: juju bootstrap CLOUD --model-default ./bootstrap-defaults.yaml …\n'
  printf '# before there is a model: juju add-model %s --config ./add-model.yaml\n' "$(command_line "${JUJU_MODEL:-NAME}")"
  [[ -z ${CHARMHUB_URL:-}${SNAPD_API_URL:-}${REGISTRY_CA:-} ]] || printf '# (charmhub-url and cloudinit-userdata cannot come later)\n'
  printf '%s%s\n' "$before" "$(command_line "${MODEL_LINE[@]}")"
  [[ -n $APPLY || -n $DRY_RUN ]] || progress './deploy.sh model-config --apply runs this'
}

# A file of the kit's own at the top of the archive; no reader ever sees half of it.
write_top() { # NAME TEXT
  if [[ -n $DRY_RUN ]]; then
    printf '+ write %s\n' "$1"
    return 0
  fi
  DRAFT=$ROOT/.$1.$$
  printf '%s\n' "$2" >"$DRAFT" || die "$E_FAILED" "cannot write in $ROOT"
  mv -f -- "$DRAFT" "$ROOT/$1"
  DRAFT=''
}
