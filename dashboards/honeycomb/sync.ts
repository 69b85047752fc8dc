import { type ApplyContext, applyChange } from './apply-change.ts';
import { BOARDS } from './boards/board-list.ts';
import { CALCULATED_FIELDS } from './boards/calculated-fields.ts';
import { SLOS } from './boards/slos.ts';
import { TRIGGERS } from './boards/triggers.ts';
import type { HoneycombClient } from './client.ts';
import { type CompileOptions, compile, type Definitions, datasetSlug } from './compile/compile.ts';
import type { Resource } from './compile/resource.ts';
import { HoneycombError } from './honeycomb-error.ts';
import { type Change, planChanges, planDestruction } from './plan/plan.ts';
import { type PresentState, readPresentState } from './present-state.ts';
import { createQueryReader } from './query-reader.ts';
import { authWire } from './wire.ts';

export interface HoneycombSyncSettings extends CompileOptions {
  readonly client: HoneycombClient;
  /** SLOs need the Pro plan. Default false. */
  readonly withSlos?: boolean;
  /** Default: the ones of `boards/`. */
  readonly definitions?: Definitions;
}

export interface HoneycombSync {
  /** What `apply` would change. Changes nothing. @throws HoneycombError, e.g. for a key without rights. */
  plan(): Promise<Change[]>;
  /** Makes Honeycomb what the code says; told of each change as it is made. */
  apply(told?: (change: Change) => void): Promise<ApplyResult>;
  planDestroy(): Promise<Change[]>;
  /** Removes what is ours. The dataset, its columns, recipients and everything foreign stay. */
  destroy(told?: (change: Change) => void): Promise<ApplyResult>;
}

export interface ApplyResult {
  readonly changes: readonly Change[];
  /** What could not be done and may stay, with the reason. */
  readonly left: readonly string[];
}

/** The definitions of `boards/`, with SLOs where the plan has them. */
export function ownDefinitions(withSlos: boolean): Definitions {
  return {
    boards: BOARDS,
    calculatedFields: CALCULATED_FIELDS,
    triggers: TRIGGERS,
    slos: withSlos ? SLOS : [],
  };
}

export function createHoneycombSync(settings: HoneycombSyncSettings): HoneycombSync {
  const { client, withSlos = false } = settings;
  const slug = datasetSlug(settings.dataset);
  const wanted = compile(settings.definitions ?? ownDefinitions(withSlos), settings);
  const read = async (): Promise<PresentState> => {
    await requireRights(client, withSlos);
    const queries = createQueryReader(client, slug, wanted);
    return readPresentState({ client, queries, slug, wanted, withSlos });
  };
  const run = async (planOf: PlanOf, told: (change: Change) => void): Promise<ApplyResult> => {
    const present = await read();
    const changes = planOf(wanted, present);
    const { annotations } = present;
    const recipients = new Map(present.recipients);
    const context: ApplyContext = { client, slug, annotations, recipients };
    const left: string[] = [];
    for (const change of changes) {
      const applied = await applyChange(context, change);
      if (applied.done) told(change);
      else left.push(applied.left);
    }
    return { changes, left };
  };
  const nothing = () => {};
  return {
    plan: async () => toApply(wanted, await read()),
    apply: (told = nothing) => run(toApply, told),
    planDestroy: async () => toDestroy(wanted, await read()),
    destroy: (told = nothing) => run(toDestroy, told),
  };
}

type PlanOf = (wanted: readonly Resource[], present: PresentState) => Change[];

const toApply: PlanOf = (wanted, { resources }) => planChanges(wanted, resources);
const toDestroy: PlanOf = (_wanted, { resources }) => planDestruction(resources);

/** Rights by the names of `/1/auth`; its documentation and its clients spell one of them differently. */
const RIGHTS = [
  ['createDatasets', 'create_datasets'],
  ['columns'],
  ['queries'],
  ['boards'],
  ['triggers'],
  ['recipients'],
] as const;

async function requireRights(client: HoneycombClient, withSlos: boolean): Promise<void> {
  const { api_key_access, environment } = await client.get('/1/auth', authWire);
  if ((environment?.slug ?? '') === '') {
    throw new HoneycombError(
      'GET /1/auth',
      0,
      'the key belongs to a Classic environment, which has other datasets; use one of a newer environment',
    );
  }
  const needed = withSlos ? [...RIGHTS, ['slos'] as const] : RIGHTS;
  const missing = needed.filter((names) => !names.some((name) => api_key_access[name] === true));
  if (missing.length > 0) {
    const named = missing.map(([name]) => name).join(', ');
    throw new HoneycombError(
      'GET /1/auth',
      0,
      `the configuration key lacks these rights: ${named}`,
    );
  }
}
