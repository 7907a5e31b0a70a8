/** Eight hex digits that tell two references apart in a file name. */
import { createHash } from 'node:crypto';

export const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);
