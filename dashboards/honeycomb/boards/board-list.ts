import { COST } from './cost.ts';
import type { BoardDefinition } from './definition.ts';
import { LATENCY } from './latency.ts';
import { MIGRATION_TRIGGERS } from './migration-triggers.ts';
import { OVERVIEW } from './overview.ts';
import { RELIABILITY } from './reliability.ts';

/** To add a board: one file beside this one, one line here. */
export const BOARDS: readonly BoardDefinition[] = [
  OVERVIEW,
  COST,
  LATENCY,
  RELIABILITY,
  MIGRATION_TRIGGERS,
];
