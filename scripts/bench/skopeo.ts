/** skopeo as a careful person would script it: each image of a list into a file of its own, digests kept. */

const SCRIPT = `set -euo pipefail
while read -r image; do
  name=\${image##*/}
  skopeo --insecure-policy copy -q --src-tls-verify=false --preserve-digests "docker://$image" "oci-archive:$1/\${name%:*}.tar"
done < "$2"`;

export const skopeo = (directory: string, list: string): string[] => ['bash', '-c', SCRIPT, 'skopeo', directory, list];
