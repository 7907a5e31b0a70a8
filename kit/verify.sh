# `verify` compares the registry with containers/images.tsv, and juju status with bundle.yaml, where there is a juju.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # names are shared with the other files of the kit, which deploy.sh sources together

verify_command() {
  local bad=0
  verify_images || bad=$E_IMAGES
  verify_status || [[ $bad != 0 ]] || bad=$E_DEPLOY
  ((bad == 0)) || exit "$bad"
}

verify_images() {
  local number target list found wanted good=0 bad=0
  local -A told=()
  load_images
  ((${#IMAGES[@]} > 0)) || return 0
  registry_settings
  extend_targets
  require_tools curl sed awk grep base64 sha256sum
  registry_open || die "$E_REGISTRY" "$REASON"
  survey_images
  for number in "${!IMAGES[@]}"; do
    read_row "$number"
    row_fault "$FILE" "$DIGEST" "$MEDIA_TYPE" "$SIZE" "$TARGETS"
    if [[ -n $FAULT ]]; then
      printf 'refused  %s: %s\n' "$(printable "$IMAGE")" "$FAULT"
      bad=$((bad + 1))
      continue
    fi
    ! writes_own_manifests || stands_for_name "$number" || continue
    IFS=, read -r -a list <<<"$TARGETS"
    for target in "${list[@]}"; do
      wanted=$DIGEST
      if [[ -n ${INDEX_OF["=$target"]:-} ]]; then
        # Once for all images that share it.
        [[ -z ${told["=$target"]:-} ]] || continue
        told["=$target"]=yes wanted=${INDEX_OF["=$target"]}
      fi
      found=error
      ! known_digest "$PREFIX/${target%:*}" "${target##*:}" || found=$FOUND
      case $found in
        "$wanted")
          if [[ $wanted == "$DIGEST" ]] || verify_children "$PREFIX/${target%:*}" "$wanted"; then
            good=$((good + 1)) && printf 'ok       %s/%s %s\n' "$PREFIX" "$target" "$wanted"
          else
            bad=$((bad + 1))
          fi
          ;;
        '') bad=$((bad + 1)) && printf 'missing  %s/%s %s\n' "$PREFIX" "$target" "$wanted" ;;
        error) bad=$((bad + 1)) && printf 'failed   %s/%s: %s\n' "$PREFIX" "$target" "$(printable "$(answer)")" ;;
        *)
          if same_image "$FILE" "$PREFIX/$target"; then
            good=$((good + 1)) && printf 'same     %s/%s %s, another manifest of the same image (%s)\n' "$PREFIX" "$target" "$(printable "$found")" "$WITH"
          else
            bad=$((bad + 1)) && printf 'altered  %s/%s %s, wanted %s\n' "$PREFIX" "$target" "$(printable "$found")" "$wanted"
          fi
          ;;
      esac
    done
  done
  printf '%d of %d names in %s/%s have the digest of this archive\n' "$good" $((good + bad)) "$REGISTRY" "$PREFIX"
  ((bad == 0))
}

# What juju says of the applications of bundle.yaml; nothing is asked when there is no juju or no model.
verify_status() {
  local client text bad=0 line
  client=$(juju_client)
  [[ -n $client ]] && has_bundle || return 0
  workspace
  local model=()
  [[ -z ${JUJU_MODEL:-} ]] || model=(-m "$JUJU_MODEL")
  if ! "$client" status "${model[@]}" --format=tabular --no-color >"$TMP/status" 2>"$TMP/status.err" </dev/null &&
    ! "$client" status "${model[@]}" --format=tabular >"$TMP/status" 2>"$TMP/status.err" </dev/null; then
    progress "juju status: $(sed -n '$p' "$TMP/status.err")"
    return 0
  fi
  # Columns are as wide as their longest value; those of the header say where they begin.
  text=$(awk '
    /^App / { part = "app"; status = index($0, "Status"); scale = index($0, "Scale"); message = index($0, "Message"); next }
    /^Unit / { part = "unit"; status = index($0, "Workload"); scale = index($0, "Agent"); message = index($0, "Message"); next }
    /^(Machine|Model|Relation|Integration|SAAS|Offer) / || /^$/ { part = ""; next }
    part != "" {
      word = substr($0, status, scale - status); gsub(/ /, "", word)
      why = substr($0, message); sub(/ +$/, "", why)
      name = $1; gsub(/\*$/, "", name)
      print part "\t" name "\t" word "\t" why
    }' <"$TMP/status")
  verify_applications "$text"
}

verify_applications() { # LINES
  local part name word why application bad=0
  local -A seen=()
  while IFS=$'\t' read -r part name word why; do
    [[ -n $part ]] || continue
    [[ $part != app ]] || seen["=$name"]=1
    [[ $word == active ]] || {
      bad=$((bad + 1))
      printf '%-8s %s %s %s\n' waiting "$(printable "$name")" "$(printable "$word")" "$(printable "$why")"
    }
  done <<<"$1"
  while IFS= read -r application; do
    [[ -n ${seen["=$application"]:-} ]] && continue
    bad=$((bad + 1))
    printf 'missing  application %s\n' "$(printable "$application")"
  done < <(bundle_applications)
  if ((bad == 0)); then
    printf 'juju: every application and unit is active\n'
  else
    printf 'juju: %d applications or units are not active yet\n' "$bad"
  fi
  ((bad == 0))
}

# Names of the applications of bundle.yaml: the keys one level below `applications:`.
bundle_applications() {
  [[ -f $ROOT/bundle.yaml ]] || return 0
  awk '
    /^[^ #]/ { inside = ($0 ~ /^applications:[ \t]*(#.*)?$/); indent = ""; next }
    inside && /^ +[^ #]/ {
      match($0, /^ +/)
      if (indent == "") indent = RLENGTH
      if (RLENGTH != indent) next
      name = $1; sub(/:.*/, "", name); gsub(/["\047]/, "", name); print name
    }' <"$ROOT/bundle.yaml"
}
