#!/usr/bin/env bash
# Goes as load.sh with the images that `deploy.sh images --save-docker DIR` put beside it, to a machine with docker (the docker-registry charm's unit).
#   load.sh                          docker load of each image
#   load.sh REGISTRY[:PORT][/PREFIX] and a tag and a push for each of its names; PREFIX is cdk where none is given
set -euo pipefail
export LC_ALL=C

cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
docker=${DOCKER:-docker}
registry=${1:-}
[[ -z $registry || $registry == */* ]] || registry+=/cdk
command -v -- "$docker" >/dev/null || {
  printf 'error: not installed on this machine: %s\n' "$docker" >&2
  exit 3
}
before=()
"$docker" info >/dev/null 2>&1 || before=(sudo)

failed=0
while IFS=$'\t' read -r -u 3 image file targets; do
  if ! "${before[@]}" "$docker" load -q -i "./$file"; then
    printf 'error: %s\n' "$file" >&2
    failed=$((failed + 1))
    continue
  fi
  [[ -n $registry ]] || continue
  IFS=, read -r -a names <<<"$targets"
  for name in "${names[@]}"; do
    "${before[@]}" "$docker" tag "$image" "$registry/$name" && "${before[@]}" "$docker" push -q "$registry/$name" || failed=$((failed + 1))
  done
done 3<images.tsv
((failed == 0)) || {
  printf 'error: %d failed\n' "$failed" >&2
  exit 6
}
