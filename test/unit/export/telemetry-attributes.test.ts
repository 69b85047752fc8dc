import { describe, expect, test } from 'vitest';
import {
  RESERVED_ATTRIBUTES,
  TAG_PREFIX,
  TELEMETRY_ATTRIBUTES,
} from '../../../src/core/telemetry-attributes.ts';

const names = Object.keys(TELEMETRY_ATTRIBUTES);

describe('attribute names', () => {
  test('take none of the columns that Honeycomb derives from a span', () => {
    expect(RESERVED_ATTRIBUTES).toEqual(
      expect.arrayContaining(['name', 'type', 'error', 'duration_ms', 'status_code', 'sampleRate']),
    );
    expect(names.filter((name) => RESERVED_ATTRIBUTES.includes(name))).toEqual([]);
    expect(names.filter((name) => /^(trace|meta|library|span)\./.test(name))).toEqual([]);
  });

  test('are lower-case words with dots and underscores', () => {
    expect(names.filter((name) => !/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/.test(name))).toEqual([]);
  });

  test('cannot be taken by a caller’s tag', () => {
    expect(names.filter((name) => name.startsWith(TAG_PREFIX))).toEqual([]);
  });

  test('name their unit when they carry a duration or money', () => {
    const floats = Object.entries(TELEMETRY_ATTRIBUTES).filter(([, { type }]) => type === 'float');
    const unnamed = floats
      .map(([name]) => name)
      .filter((name) => !/(_ms|_usd|\.seconds)$/.test(name));
    // Conventions that name no unit: seconds and dollars.
    expect(unnamed.sort()).toEqual([
      'alert.threshold',
      'alert.value',
      'gen_ai.response.time_to_first_chunk',
      'llm.cost.total',
    ]);
  });
});
