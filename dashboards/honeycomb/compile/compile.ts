import {
  type AttributeType,
  TELEMETRY_ATTRIBUTES,
} from '../../../src/core/telemetry-attributes.ts';
import type {
  BoardDefinition,
  CalculatedFieldDefinition,
  SloDefinition,
  TriggerDefinition,
} from '../boards/definition.ts';
import { compileBoard, compileQuery } from './compile-board.ts';
import type { ColumnView, Resource } from './resource.ts';

export interface Definitions {
  readonly boards: readonly BoardDefinition[];
  readonly calculatedFields: readonly CalculatedFieldDefinition[];
  readonly triggers: readonly TriggerDefinition[];
  /** Empty where the plan has none. */
  readonly slos: readonly SloDefinition[];
}

export interface CompileOptions {
  /** `service.name` of the exported spans. */
  readonly dataset: string;
  /** Addresses that triggers write to. */
  readonly emails: readonly string[];
}

/** Everything that should be in Honeycomb, in the order in which it can be made. */
export function compile(definitions: Definitions, options: CompileOptions): Resource[] {
  const emails = [...new Set(options.emails.map((email) => email.toLowerCase()))].sort();
  const recipients = emails.map(recipientKey);
  return [
    {
      kind: 'dataset',
      key: datasetSlug(options.dataset),
      title: options.dataset,
      view: { name: options.dataset },
    },
    ...columns(),
    ...definitions.calculatedFields.map(
      ({ alias, expression, about }): Resource => ({
        kind: 'calculated field',
        key: alias,
        title: alias,
        view: { expression, description: about },
      }),
    ),
    ...emails.map(
      (email): Resource => ({
        kind: 'recipient',
        key: recipientKey(email),
        title: email,
        view: { email },
      }),
    ),
    ...definitions.boards.map(compileBoard),
    ...definitions.triggers.map((trigger) => compileTrigger(trigger, recipients)),
    ...definitions.slos.map(compileSlo),
  ];
}

/** Honeycomb's own rule for the name of a dataset in addresses. */
export function datasetSlug(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-');
}

export function recipientKey(email: string): string {
  return `email:${email.toLowerCase()}`;
}

const COLUMN_TYPES: Readonly<Record<AttributeType, ColumnView['type']>> = {
  string: 'string',
  strings: 'string',
  integer: 'integer',
  float: 'float',
  boolean: 'boolean',
};

function columns(): Resource[] {
  return Object.entries(TELEMETRY_ATTRIBUTES).map(([name, { type, about }]) => ({
    kind: 'column',
    key: name,
    title: name,
    view: { type: COLUMN_TYPES[type], description: about },
  }));
}

function compileTrigger(trigger: TriggerDefinition, recipients: readonly string[]): Resource {
  return {
    kind: 'trigger',
    key: trigger.id,
    title: trigger.title,
    view: {
      name: trigger.title,
      description: trigger.about,
      query: compileQuery(trigger.query),
      threshold: trigger.threshold,
      frequency: trigger.frequencySeconds,
      alertType: 'on_change',
      disabled: false,
      recipients,
    },
  };
}

function compileSlo(slo: SloDefinition): Resource {
  return {
    kind: 'slo',
    key: slo.id,
    title: slo.title,
    view: {
      name: slo.title,
      description: slo.about,
      sli: slo.sli,
      targetPerMillion: slo.targetPerMillion,
      days: slo.days,
    },
  };
}
