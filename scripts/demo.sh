#!/usr/bin/env bash
# The main job from end to end on this machine: a small world is built and served, the built CLI packs from it, and the archive is
# unpacked and deployed with the network cut. The last line on stdout is the archive's path.
set -euo pipefail
cd "$(dirname "$0")/.."

sample=bundles/sample/charmed-kubernetes-1.26
work=build/demo
channel=1.26/stable
server=

say() { printf '\n== %s\n' "$*"; }
stop() { if [ -n "$server" ]; then kill "$server" 2> /dev/null || true; wait "$server" 2> /dev/null || true; server=; fi; }
trap stop EXIT

# Starts `serve` on the directories and leaves its address in $url.
serve() {
  : > "$work/serve.out"
  node dist/cli/main.js serve "$@" > "$work/serve.out" 2> "$work/serve.err" &
  server=$!
  for _ in $(seq 100); do
    url=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$work/serve.out")
    [ -n "$url" ] && return 0
    kill -0 "$server" 2> /dev/null || break
    sleep 0.1
  done
  echo 'the embedded upstream did not start:' >&2
  cat "$work/serve.err" >&2
  return 1
}

rm -rf "$work"
mkdir -p "$work"

say "a world: small charms, snaps, images in the true formats, snaps signed by a root made now"
node dist/scripts/world.js --bundle "$sample/bundle.yaml" --overlays "$sample/overlays" --image-lists scripts/world/image-lists \
  --channel "$channel" --out "$work/world" > "$work/world.out"

serve "$work/world"
say "pack: shrinkwrap charmed-kubernetes --channel $channel (from $url instead of the internet)"
mapfile -t overlays < <(find "$sample/overlays" -name '*.yaml' -printf '%f\n' | sed 's/\(-overlay\)\{0,1\}\.yaml$//' | sort)
archive=$(node dist/cli/main.js charmed-kubernetes --channel "$channel" "${overlays[@]/#/--overlay=}" \
  --charmhub-url "$url" --snap-store-url "$url" --bundle-repo "$url" --snap-trust "$work/world/snaps/trust/world-root.assert" \
  --registry-mirror "*=$url" \
  --cache-dir "$work/cache" | tail -n 1)
stop

say "the far side: tar -xf, then deploy.sh with $(if [ "$(id -u)" = 0 ] && unshare -n true 2> /dev/null; then echo 'the network cut'; else echo 'the network as it is (cutting it needs root)'; fi)"
mkdir -p "$work/site" "$work/registry"
tar -xf "$archive" -C "$work/site"
site=$(find "$work/site" -mindepth 1 -maxdepth 1 -type d)

# With no network but loopback the registry must run inside the cut, so that one script does both.
cat > "$work/far-side.sh" <<'FAR'
#!/usr/bin/env bash
set -euo pipefail
if [ "${CUT:-no}" = yes ]; then ip link set lo up; fi
node dist/cli/main.js serve "$1" > "$2/registry.out" 2> "$2/registry.err" &
registry=$!
trap 'kill "$registry" 2> /dev/null || true' EXIT
for _ in $(seq 100); do
  url=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$2/registry.out")
  [ -n "$url" ] && break
  sleep 0.1
done
cd "$3"
export DOCKER_REGISTRY=${url#http://} REGISTRY_SCHEME=http NO_COLOR=1
printf '\n$ ./deploy.sh check\n'
./deploy.sh check
printf '\n$ DOCKER_REGISTRY=%s ./deploy.sh images\n' "$DOCKER_REGISTRY"
./deploy.sh images -q
printf '\n$ DOCKER_REGISTRY=%s ./deploy.sh verify\n' "$DOCKER_REGISTRY"
./deploy.sh verify -q | tail -n 1
printf '\n$ DOCKER_REGISTRY=%s ./deploy.sh deploy\n' "$DOCKER_REGISTRY"
./deploy.sh deploy -q
FAR
if [ "$(id -u)" = 0 ] && unshare -n true 2> /dev/null && command -v ip > /dev/null; then
  CUT=yes unshare -n bash "$work/far-side.sh" "$work/registry" "$work" "$site"
else
  bash "$work/far-side.sh" "$work/registry" "$work" "$site"
fi

say "what came out of it"
(cd "$site" && sha256sum -c --quiet SHA256SUMS && echo "every file of the archive matches SHA256SUMS")
sed -n '/^| what | how much/,/^$/p' "$site/README.md"
echo "archive: $(du -h "$archive" | cut -f1), made from the bundle and the overlays ${overlays[*]}"
echo "look at $site/bundle.yaml, manifest.json, overlays/registry.yaml"
echo
echo "$archive"
