import type { z } from 'zod';

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list: [a, b]',
  object: 'a map of keys: { key: value }',
  record: 'a map of names: { name: … }',
};

/** What a person should write instead, in place of zod's own words. Never repeats what was written. */
export function issueMessage(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is required';
  return isOurs(issue) ? issue.message : inPlainWords(issue);
}

function inPlainWords(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `write ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${alternatives(issue.values.map(String))}`;
    case 'invalid_union':
      return unionMessage(issue);
    case 'invalid_key':
      return issue.issues[0]?.message ?? issue.message;
    case 'too_small':
      return `must be ${issue.minimum} or more${counted(issue.origin)}`;
    case 'too_big':
      return `must be ${issue.maximum} or less${counted(issue.origin)}`;
    default:
      return issue.message;
  }
}

function counted(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' entries' : '';
}

/** zod begins its own messages with one of these. */
function isOurs({ message }: z.core.$ZodIssue): boolean {
  return !/^(Invalid|Too (small|big)|Unrecognized)\b/.test(message);
}

function unionMessage(issue: Extract<z.core.$ZodIssue, { code: 'invalid_union' }>): string {
  const values = issue.errors
    .flat()
    .flatMap((each) => (each.code === 'invalid_value' ? each.values.map(String) : []));
  const maps = issue.errors
    .flat()
    .some((each) => each.code === 'invalid_type' && each.expected === 'object');
  const all = maps ? [...values, 'a map of keys'] : values;
  return all.length === 0 ? 'is none of what may stand here' : `must be ${alternatives(all)}`;
}

function alternatives(values: readonly string[]): string {
  const last = values.at(-1) ?? '';
  return values.length < 2 ? last : `${values.slice(0, -1).join(', ')} or ${last}`;
}
