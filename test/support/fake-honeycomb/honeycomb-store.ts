import type { z } from 'zod';

export type Stored = Record<string, unknown> & { id: string };

export const COLLECTIONS = [
  ...(['datasets', 'columns', 'fields', 'queries', 'annotations'] as const),
  ...(['boards', 'triggers', 'recipients', 'slos'] as const),
] as const;
export type Collection = (typeof COLLECTIONS)[number];

/** Everything stored, by collection. */
export type HoneycombStore = Readonly<Record<Collection, Map<string, Stored>>>;

export interface FakeHoneycombSettings {
  key: string;
  access: Record<string, boolean>;
  environment: string;
  plan: 'free' | 'pro';
  /** This many calls pass before one is told to wait a second; `null`: no limit. */
  callsAWindow: number | null;
  /** Status with which the next calls fail. */
  failures: number[];
}

/** A call that Honeycomb refuses, with the status it gives. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** @throws Refusal with 422 naming every rule that the body breaks. */
export function requireRules<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Refusal(422, issues.join('; '));
}
