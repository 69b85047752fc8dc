import { boardBody } from './board-body.ts';
import type { HoneycombClient } from './client.ts';
import { readStamp } from './compile/query-stamp.ts';
import { idTag, ownerTags, type Resource, type TriggerView } from './compile/resource.ts';
import { HoneycombError } from './honeycomb-error.ts';
import type { Change, PresentResource } from './plan/plan.ts';
import {
  type AnnotationWire,
  boardWire,
  calculatedFieldWire,
  columnWire,
  datasetWire,
  recipientWire,
  sloWire,
  triggerWire,
} from './wire.ts';

export interface ApplyContext {
  readonly client: HoneycombClient;
  readonly slug: string;
  readonly annotations: readonly AnnotationWire[];
  /** Key → id; grows as recipients are made. */
  readonly recipients: Map<string, string>;
}

/** `left`: it could not be done and may stay as it is, for this reason. */
export type Applied = { readonly done: true } | { readonly done: false; readonly left: string };

const DONE: Applied = { done: true };

/** Makes one change. @throws HoneycombError when it fails in a way that a person must look at. */
export async function applyChange(context: ApplyContext, change: Change): Promise<Applied> {
  if (change.action === 'delete') return remove(context, change.present);
  const id = change.action === 'update' ? change.present.id : null;
  try {
    await save(context, change.wanted, id);
    return DONE;
  } catch (error) {
    const { kind, key } = change.wanted;
    if (id !== null || !(error instanceof HoneycombError) || error.status !== 409) throw error;
    // Telemetry makes columns too: one may have come between the plan and now.
    return { done: false, left: `${kind} ${key} exists by now; apply once more to compare it` };
  }
}

async function save(context: ApplyContext, wanted: Resource, id: string | null): Promise<void> {
  const { client, slug } = context;
  switch (wanted.kind) {
    case 'dataset':
      // Answers 200 when it is there already.
      await client.post('/1/datasets', { name: wanted.view.name }, datasetWire);
      return;
    case 'column': {
      const body = { key_name: wanted.key, ...wanted.view };
      await put(client, { path: `/1/columns/${slug}`, id, body }, columnWire);
      return;
    }
    case 'calculated field': {
      const body = { alias: wanted.key, ...wanted.view };
      await put(client, { path: `/1/derived_columns/${slug}`, id, body }, calculatedFieldWire);
      return;
    }
    case 'recipient': {
      const body = { type: 'email', details: { email_address: wanted.view.email } };
      const made = await client.post('/1/recipients', body, recipientWire);
      context.recipients.set(wanted.key, made.id);
      return;
    }
    case 'board':
      return saveBoard(context, wanted, id);
    case 'trigger': {
      const body = triggerBody(context, wanted.key, wanted.view);
      await put(client, { path: `/1/triggers/${slug}`, id, body }, triggerWire);
      return;
    }
    case 'slo': {
      const { name, description, sli, targetPerMillion, days } = wanted.view;
      const body = {
        name,
        description,
        sli: { alias: sli },
        target_per_million: targetPerMillion,
        time_period_days: days,
        tags: [...ownerTags(slug), idTag(wanted.key)],
      };
      await put(client, { path: `/1/slos/${slug}`, id, body }, sloWire);
    }
  }
}

async function put(
  client: HoneycombClient,
  { path, id, body }: { readonly path: string; readonly id: string | null; readonly body: object },
  schema: Parameters<HoneycombClient['post']>[2],
): Promise<void> {
  if (id === null) await client.post(path, body, schema);
  else await client.put(`${path}/${id}`, body, schema);
}

async function saveBoard(
  context: ApplyContext,
  wanted: Extract<Resource, { kind: 'board' }>,
  id: string | null,
): Promise<void> {
  const { client, slug, annotations } = context;
  const { key, view } = wanted;
  const { body, used } = await boardBody({ client, slug, key, view, annotations });
  await put(client, { path: '/1/boards', id, body }, boardWire);
  await removeAnnotations(context, key, used);
}

/** Of a board's queries nothing is left but what it uses; queries themselves cannot be deleted. */
async function removeAnnotations(
  { client, slug, annotations }: ApplyContext,
  board: string,
  used: ReadonlySet<string>,
): Promise<void> {
  for (const { id, description } of annotations) {
    const panel = readStamp(description ?? '')?.stamp.panel;
    if (panel?.startsWith(`${board}/`) !== true || used.has(id)) continue;
    await client.delete(`/1/query_annotations/${slug}/${id}`);
  }
}

function triggerBody(context: ApplyContext, key: string, view: TriggerView): object {
  // A trigger's query may not say how many rows, in which order, or at which steps.
  const { limit: _limit, orders: _orders, granularity: _granularity, ...query } = view.query;
  return {
    name: view.name,
    description: view.description,
    query,
    threshold: view.threshold,
    frequency: view.frequency,
    alert_type: view.alertType,
    disabled: view.disabled,
    recipients: view.recipients.flatMap((recipient) => {
      const id = context.recipients.get(recipient);
      return id === undefined ? [] : [{ id }];
    }),
    tags: [...ownerTags(context.slug), idTag(key)],
  };
}

async function remove(context: ApplyContext, present: PresentResource): Promise<Applied> {
  const { client, slug } = context;
  switch (present.kind) {
    case 'board':
      await client.delete(`/1/boards/${present.id}`);
      await removeAnnotations(context, present.key, new Set());
      return DONE;
    case 'trigger':
      await client.delete(`/1/triggers/${slug}/${present.id}`);
      return DONE;
    case 'slo':
      await client.delete(`/1/slos/${slug}/${present.id}`);
      return DONE;
    case 'calculated field':
      return removeField(context, present);
    default:
      return { done: false, left: 'it is shared or holds data' };
  }
}

/** A field that someone else's board, trigger or SLO uses stays. */
async function removeField(
  { client, slug }: ApplyContext,
  { id, key }: PresentResource,
): Promise<Applied> {
  try {
    await client.delete(`/1/derived_columns/${slug}/${id}`);
    return DONE;
  } catch (error) {
    if (!(error instanceof HoneycombError) || error.status !== 409) throw error;
    return { done: false, left: `calculated field ${key} is in use elsewhere` };
  }
}
