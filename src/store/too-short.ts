/** The disk lost what was written to it. */
export const tooShort = (path: string): Error => Object.assign(new Error(`${path} is shorter than what was written to it`), { code: 'EIO' });
