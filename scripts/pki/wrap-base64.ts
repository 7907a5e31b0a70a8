/** Base64 in lines of 76, without a final line feed: how snapd writes keys and signatures. */
export const wrapBase64 = (bytes: Buffer): string => (bytes.toString('base64').match(/.{1,76}/g) ?? []).join('\n');
