import type { HoneycombClient } from './client.ts';
import { recipientKey } from './compile/compile.ts';
import { normalQuery } from './compile/query-spec.ts';
import { ownerTags, type Resource } from './compile/resource.ts';
import { HoneycombError } from './honeycomb-error.ts';
import type { PresentResource } from './plan/plan.ts';
import { presentBoard } from './present-board.ts';
import type { QueryReader } from './query-reader.ts';
import {
  type AnnotationWire,
  annotationsWire,
  boardsWire,
  boardWire,
  calculatedFieldsWire,
  columnsWire,
  datasetsWire,
  recipientsWire,
  slosWire,
  type TriggerWire,
  triggersWire,
} from './wire.ts';

/** What Honeycomb has of ours, and what of others' we look at: recipients and columns. */
export interface PresentState {
  readonly resources: readonly PresentResource[];
  readonly annotations: readonly AnnotationWire[];
  /** Key of a recipient → id. */
  readonly recipients: ReadonlyMap<string, string>;
}

export interface PresentStateRequest {
  readonly client: HoneycombClient;
  readonly queries: QueryReader;
  readonly slug: string;
  readonly wanted: readonly Resource[];
  /** Where the plan has no SLOs they are not asked for. */
  readonly withSlos: boolean;
}

export async function readPresentState(request: PresentStateRequest): Promise<PresentState> {
  const { client, slug, wanted } = request;
  const recipients = await readRecipients(client);
  const datasets = await client.get('/1/datasets', datasetsWire);
  const dataset = datasets.find((each) => each.slug === slug);
  const recipientResources = wantedOnly(wanted, recipients.resources);
  if (dataset === undefined) {
    return { resources: recipientResources, annotations: [], recipients: recipients.ids };
  }
  const annotations = await client.get(`/1/query_annotations/${slug}`, annotationsWire);
  const name = dataset.name;
  const resources: PresentResource[] = [
    { kind: 'dataset', key: slug, title: name, view: { name }, id: slug },
    ...wantedOnly(wanted, await readColumns(client, slug)),
    ...(await readFields(client, slug)),
    ...recipientResources,
    ...(await readBoards(request, annotations)),
    ...(await readTriggers(request, recipients.ids)),
    ...(request.withSlos ? await readSlos(client, slug) : []),
  ];
  return { resources, annotations, recipients: recipients.ids };
}

/** Of what is shared, only what we want too is compared. */
function wantedOnly(wanted: readonly Resource[], present: PresentResource[]): PresentResource[] {
  const names = new Set(wanted.map(({ kind, key }) => `${kind}/${key}`));
  return present.filter(({ kind, key }) => names.has(`${kind}/${key}`));
}

async function readRecipients(client: HoneycombClient) {
  const ids = new Map<string, string>();
  const resources: PresentResource[] = [];
  for (const { id, type, details } of await client.get('/1/recipients', recipientsWire)) {
    const email = details?.email_address;
    if (type !== 'email' || email === undefined) continue;
    const key = recipientKey(email);
    ids.set(key, id);
    // The address is compared by its key: capitals make no other mailbox.
    resources.push({
      kind: 'recipient',
      key,
      title: email,
      view: { email: email.toLowerCase() },
      id,
    });
  }
  return { ids, resources };
}

async function readColumns(client: HoneycombClient, slug: string): Promise<PresentResource[]> {
  const columns = await client.get(`/1/columns/${slug}`, columnsWire);
  return columns.map((column) => ({
    kind: 'column',
    key: column.key_name,
    title: column.key_name,
    view: {
      type: column.type === 'histogram' ? 'float' : column.type,
      description: column.description ?? '',
    },
    id: column.id,
  }));
}

const OUR_FIELDS = 'tripmeter.';

async function readFields(client: HoneycombClient, slug: string): Promise<PresentResource[]> {
  const fields = await client.get(`/1/derived_columns/${slug}`, calculatedFieldsWire);
  return fields
    .filter(({ alias }) => alias.startsWith(OUR_FIELDS))
    .map(({ id, alias, expression, description }) => ({
      kind: 'calculated field',
      key: alias,
      title: alias,
      view: { expression, description: description ?? '' },
      id,
    }));
}

async function readBoards(
  { client, queries, slug }: PresentStateRequest,
  annotations: readonly AnnotationWire[],
): Promise<PresentResource[]> {
  const boards = await client.get('/1/boards', boardsWire);
  const ours = boards.flatMap((board) => {
    const key = ourKey(board.tags, slug);
    return key === null ? [] : [{ key, board }];
  });
  const present: PresentResource[] = [];
  for (const { key, board } of ours) {
    // Some answers of the list leave panels out.
    const whole =
      board.panels == null ? await client.get(`/1/boards/${board.id}`, boardWire) : board;
    present.push(await presentBoard({ key, board: whole, annotations, queries }));
  }
  return present;
}

async function readTriggers(
  { client, queries, slug }: PresentStateRequest,
  recipients: ReadonlyMap<string, string>,
): Promise<PresentResource[]> {
  const keys = new Map([...recipients].map(([key, id]) => [id, key]));
  const present: PresentResource[] = [];
  for (const trigger of await client.get(`/1/triggers/${slug}`, triggersWire)) {
    const key = ourKey(trigger.tags, slug);
    if (key !== null) present.push(await presentTrigger({ key, trigger, queries, keys }));
  }
  return present;
}

async function presentTrigger(given: {
  readonly key: string;
  readonly trigger: TriggerWire;
  readonly queries: QueryReader;
  readonly keys: ReadonlyMap<string, string>;
}): Promise<PresentResource> {
  const { key, trigger, queries, keys } = given;
  const inline = trigger.query ?? null;
  const query = inline ?? (trigger.query_id == null ? {} : await queries.byId(trigger.query_id));
  return {
    kind: 'trigger',
    key,
    title: trigger.name,
    view: {
      name: trigger.name,
      description: trigger.description ?? '',
      query: normalQuery(query),
      threshold: { op: trigger.threshold.op, value: trigger.threshold.value },
      frequency: trigger.frequency,
      alertType: trigger.alert_type ?? 'on_change',
      disabled: trigger.disabled ?? false,
      recipients: (trigger.recipients ?? []).map(({ id }) => keys.get(id) ?? `id:${id}`).sort(),
    },
    id: trigger.id,
  };
}

async function readSlos(client: HoneycombClient, slug: string): Promise<PresentResource[]> {
  const slos = await client.get(`/1/slos/${slug}`, slosWire).catch((error: unknown) => {
    if (error instanceof HoneycombError && error.status === 404) return [];
    throw error;
  });
  return slos.flatMap((slo): PresentResource[] => {
    const key = ourKey(slo.tags, slug);
    if (key === null) return [];
    const view = {
      name: slo.name,
      description: slo.description ?? '',
      sli: slo.sli.alias,
      targetPerMillion: slo.target_per_million,
      days: slo.time_period_days,
    };
    return [{ kind: 'slo', key, title: slo.name, view, id: slo.id }];
  });
}

/** The key of an object that carries our tags, `null` when it is someone else's. */
function ourKey(
  tags: readonly { readonly key: string; readonly value: string }[],
  slug: string,
): string | null {
  const values = new Map(tags.map(({ key, value }) => [key, value]));
  const ours = ownerTags(slug).every(({ key, value }) => values.get(key) === value);
  return ours ? (values.get('id') ?? null) : null;
}
