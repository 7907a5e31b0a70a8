/** HOST[:PORT] that never leaves this machine: docker, crane and podman speak plain http to it without being told (facts/oci.md 5.1). */
export const isLoopback = (host: string): boolean => /^(?:localhost|[^:]+\.localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]+)?$/.test(host);
