#!/usr/bin/env bash
# Installs the real servers and engines that test/peers is judged by; without root it only says what is missing.
set -euo pipefail

packages=(docker-registry skopeo squashfs-tools podman containerd docker.io snapd shellcheck apache2-utils busybox-static unzip)
# Debian's package of snapd's sources depends on nothing: what they import is named beside it.
packages+=(golang-go golang-github-snapcore-snapd-dev golang-golang-x-crypto-dev golang-golang-x-xerrors-dev golang-dbus-dev golang-github-juju-ratelimit-dev
  golang-gopkg-macaroon.v1-dev golang-gopkg-retry.v1-dev golang-gopkg-tomb.v2-dev golang-gopkg-yaml.v2-dev)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2> /dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
  echo "peers that are not installed: ${missing[*]}" >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
if ! apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null; then
  for package in "${missing[@]}"; do
    apt-get install -y -qq --no-install-recommends "$package" > /dev/null || echo "cannot install $package" >&2
  done
fi
