/** Names that go into file names and addresses; whatever a server says is checked first (facts/snap-store.md 2.2). */

export const isSnapName = (text: string): boolean => text.length >= 2 && text.length <= 40 && /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(text) && /[a-z]/.test(text);

export const isSnapId = (text: string): boolean => /^[a-zA-Z0-9]{32}$/.test(text);

export const isAccountId = (text: string): boolean => /^(?:[a-zA-Z0-9]{32}|[-a-z0-9]{2,28})$/.test(text);

export const isProvenance = (text: string): boolean => /^[a-zA-Z0-9](?:-?[a-zA-Z0-9])*$/.test(text);

/** SHA3-384 in the form of assertions: unpadded base64url, and 48 bytes fill 64 characters exactly. */
export const isAssertionDigest = (text: string): boolean => /^[A-Za-z0-9_-]{64}$/.test(text);

/** From the form of assertions to the one of the store's JSON, and back. */
export const digestToHex = (text: string): string => Buffer.from(text, 'base64url').toString('hex');
export const hexToDigest = (hex: string): string => Buffer.from(hex, 'hex').toString('base64url');
