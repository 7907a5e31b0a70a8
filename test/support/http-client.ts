/** An Http for tests: short waits, closed with the test. */
import type { TestContext } from 'node:test';
import { type HttpOptions, createHttp } from '#src/clients/create-http.js';
import type { Http } from '#src/clients/http.js';

export function testHttp(t: TestContext, options: Partial<HttpOptions> = {}): Http {
  const http = createHttp({ userAgent: 'shrinkwrap-test/1', delays: { baseMs: 1, capMs: 20 }, ...options });
  t.after(() => http.close());
  return http;
}
