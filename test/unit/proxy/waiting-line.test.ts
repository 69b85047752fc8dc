import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WaitingLine } from '../../../src/proxy/waiting-line.ts';

test('whoever waits longest is first, and anyone may leave: as a list would do it', () => {
  const step = fc.oneof(
    fc.constant({ do: 'add' as const }),
    fc.constant({ do: 'serve' as const }),
    fc.record({ do: fc.constant('leave' as const), at: fc.nat(200) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const line = new WaitingLine<number>();
      const expected: number[] = [];
      let next = 0;
      for (const each of steps) {
        if (each.do === 'add') {
          line.add(next);
          expected.push(next);
          next += 1;
        } else {
          const at = each.do === 'serve' ? 0 : each.at % (expected.length + 1);
          const [leaving = -1] = expected.splice(at, 1);
          expect(line.delete(leaving)).toBe(leaving >= 0);
        }
        expect(line.first).toBe(expected[0] ?? null);
        expect(line.size).toBe(expected.length);
      }
    }),
  );
});

test('a line that is used for long still knows who is first', () => {
  const line = new WaitingLine<object>();
  for (let round = 0; round < 10_000; round += 1) {
    const user = {};
    line.add(user);
    expect(line.first).toBe(user);
    expect(line.delete(user)).toBe(true);
    expect(line.delete(user)).toBe(false);
  }
  expect(line).toMatchObject({ first: null, size: 0 });
});
