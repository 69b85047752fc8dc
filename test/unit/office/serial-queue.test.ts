import { expect, test } from 'vitest';
import { serialQueue } from '../../../src/office/serial-queue.ts';

test('work that comes while other work runs waits for it, and a failure stops only itself', async () => {
  const inTurn = serialQueue();
  const told: string[] = [];
  const first = Promise.withResolvers<void>();
  const settled = inTurn(async () => {
    told.push('first begins');
    await first.promise;
    told.push('first ends');
    throw new Error('refused');
  });
  const compared = inTurn(async () => {
    told.push('second begins');
    return 2;
  });
  await Promise.resolve();
  first.resolve();
  await expect(settled).rejects.toThrow('refused');
  expect(await compared).toBe(2);
  expect(told).toEqual(['first begins', 'first ends', 'second begins']);
});
