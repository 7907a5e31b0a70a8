/** One listener for all protocols: the first that knows the path answers. */
import { type Answer, type Asked, type Handler, json } from './exchange.ts';

export async function firstAnswer(asked: Asked, handlers: readonly Handler[]): Promise<Answer> {
  for (const handler of handlers) {
    const answer = await handler(asked);
    if (answer !== undefined) return answer;
  }
  return json(404, { message: 'Not Found' });
}
