#!/usr/bin/env bash
# Stands in for juju and snap in a rehearsal: records what it was called with, answers what the kit asks, changes nothing.
set -euo pipefail

{
  printf '%s' "${0##*/}"
  printf '\t%s' "$@"
  printf '\n'
} >> "${REHEARSAL_RECORD:?}"

case "${0##*/} ${1:-}" in
  'juju version') echo '3.6.8-genericlinux-amd64' ;;
  'snap info')
    # The store of a site that was filled from the archive.
    printf 'name: %s\nchannels:\n' "${2:-}"
    awk -F'\t' -v name="${2:-}" 'NR > 1 && $1 == name { printf "  %s: 1 2026-01-01 (%s) 1MB -\n", $4, $2 }' "${REHEARSAL_SNAPS:?}"
    ;;
esac
