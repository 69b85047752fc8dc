import type { Kysely } from 'kysely';
import type { RuleState } from '../../core/verdict.ts';
import type { Database } from '../database.ts';

export interface StandingRule {
  readonly rule: string;
  readonly subject: string;
  readonly state: RuleState;
}

/** Where each rule stood at the newest evaluation; none before the first. */
export function standingRules(db: Kysely<Database>): Promise<StandingRule[]> {
  return db
    .selectFrom('alert_states')
    .select(['rule', 'subject', 'state'])
    .where('evaluated_at', '=', (eb) =>
      eb.selectFrom('alert_states').select((inner) => inner.fn.max('evaluated_at').as('newest')),
    )
    .execute();
}
