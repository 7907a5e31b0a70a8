/** The thread that hashes, one a process: started when it is first needed, gone with the process. What it is told is in hash-orders.ts. */
import { Worker } from 'node:worker_threads';
import type { DiskHash } from './disk-hash.ts';
import type { Answer, Order } from './hash-orders.ts';

export interface HashThread {
  open(path: string, algorithms: readonly string[]): DiskHash;
}

interface Waiting {
  resolve(digests: readonly string[]): void;
  reject(error: Error): void;
}

let running: HashThread | undefined;

export const hashThread = (): HashThread => (running ??= start());

function start(): HashThread {
  const worker = new Worker(new URL('./hash-loop.js', import.meta.url), { argv: [], execArgv: [] });
  const waiting = new Map<number, Waiting>();
  let last = 0;
  let broken: Error | undefined;
  const settle = (id: number, how: (one: Waiting) => void): void => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (one !== undefined) how(one);
    // It keeps nobody from leaving but those who wait for it.
    if (waiting.size === 0) worker.unref();
  };
  const tell = (order: Order): void => worker.postMessage(order);
  const ask = (id: number): Promise<readonly string[]> =>
    new Promise((resolve, reject) => {
      if (broken !== undefined) return reject(broken);
      waiting.set(id, { resolve, reject });
      worker.ref();
      return tell({ id, what: 'digests' });
    });
  worker.on('message', (answer: Answer) => {
    settle(answer.id, ({ resolve, reject }) => {
      if ('digests' in answer) resolve(answer.digests);
      else reject(Object.assign(new Error(answer.message), answer.code !== undefined && { code: answer.code }));
    });
  });
  /** Who waited for it all the same waits no longer, and nor does the process. */
  const forget = (id: number): void => {
    settle(id, ({ reject }) => reject(new Error('the hash was dropped')));
    tell({ id, what: 'drop' });
  };
  const breakOff = (error: Error): void => {
    broken ??= error;
    running = undefined;
    for (const id of [...waiting.keys()]) settle(id, ({ reject }) => reject(error));
  };
  worker.on('error', breakOff);
  worker.on('exit', () => breakOff(new Error('the thread that hashes ended')));
  // After the listeners, which hold it.
  worker.unref();
  return {
    open(path, algorithms) {
      const id = (last += 1);
      tell({ id, what: 'open', path, algorithms });
      return { add: (ranges) => tell({ id, what: 'add', ranges }), digests: () => ask(id), drop: () => forget(id) };
    },
  };
}
