#!/usr/bin/env bash
# usage: unshare -m bash beside-snapd.sh FOLDER SCRIPT
# Starts snapd on directories of its own, without systemd, runs SCRIPT beside it and stops it again; its log is FOLDER/snapd.log.
set -euo pipefail

mount --make-rprivate /
for directory in /var/lib/snapd /var/cache/snapd /var/snap /snap /run; do
  mkdir -p "$directory"
  mount -t tmpfs tmpfs "$directory"
done
mkdir -p /var/lib/snapd/snaps
/usr/lib/snapd/snapd > "$1/snapd.log" 2>&1 &
snapd=$!
trap 'kill "$snapd" && wait "$snapd" || true' EXIT
for _ in $(seq 100); do
  [ -S /run/snapd.socket ] && break
  kill -0 "$snapd" || exit 1
  sleep 0.1
done
timeout 90 bash -c "$2" || true
