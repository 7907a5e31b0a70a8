/** Sizes for people: binary units, one decimal. JSON keeps bytes. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${step === 0 ? bytes : (bytes / 2 ** (10 * step)).toFixed(1)} ${units[step] ?? 'B'}`;
}
