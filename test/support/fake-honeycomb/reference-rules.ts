import type { z } from 'zod';
import {
  type FakeHoneycombSettings,
  type HoneycombStore,
  Refusal,
  type Stored,
} from './honeycomb-store.ts';
import type { annotationRules, boardRules, triggerRules } from './request-rules.ts';

/** What one object asks of another, and what a plan allows. */
export interface HoneycombState {
  readonly store: HoneycombStore;
  readonly settings: FakeHoneycombSettings;
}

export function checkAnnotation(
  { store }: HoneycombState,
  body: z.output<typeof annotationRules>,
  present: Stored | null,
) {
  if (!store.queries.has(body.query_id)) throw new Refusal(404, 'no such query');
  if (present !== null && present.query_id !== body.query_id) {
    throw new Refusal(400, 'the query of an annotation cannot be changed');
  }
}

export function checkBoard({ store }: HoneycombState, body: z.output<typeof boardRules>): void {
  for (const panel of body.panels) {
    if (panel.type !== 'query') continue;
    const { query_id, query_annotation_id } = panel.query_panel;
    if (store.annotations.get(query_annotation_id)?.query_id !== query_id) {
      throw new Refusal(422, 'the annotation does not belong to the query');
    }
  }
}

const FREE_TRIGGERS = 2;

export function checkTrigger(
  { store, settings }: HoneycombState,
  body: z.output<typeof triggerRules>,
  present: Stored | null,
): void {
  const isNew = present === null;
  if (isNew && settings.plan === 'free' && store.triggers.size >= FREE_TRIGGERS) {
    throw new Refusal(413, 'the Free plan has two triggers');
  }
  for (const { id } of body.recipients) {
    if (!store.recipients.has(id)) throw new Refusal(422, `no such recipient: ${id}`);
  }
}

export function refuseFieldInUse({ store }: HoneycombState, field: Stored): void {
  const users = [...store.boards.values()].flatMap((board) => {
    const panels = board.panels as { query_panel?: { query_id: string } }[];
    return panels.map((panel) => store.queries.get(panel.query_panel?.query_id ?? '') ?? null);
  });
  const alias = `"${String(field.alias)}"`;
  if (
    [...users, ...store.triggers.values(), ...store.slos.values()].some((each) =>
      JSON.stringify(each).includes(alias),
    )
  ) {
    throw new Refusal(409, 'the calculated field is in use');
  }
}
