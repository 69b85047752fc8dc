import { createDelivery, type DeliveryService } from '../../../alerts/delivery.ts';
import { type AlertEngine, createAlertEngine } from '../../../alerts/engine.ts';
import { DEFAULT_ALERT_SETTINGS } from '../../../src/core/alert-settings.ts';
import { NOTHING_WATCHED } from '../../../src/core/facts.ts';
import type { Rule } from '../../../src/core/rule.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import { alertStore } from '../../../src/ledger/queries/alerts.ts';
import { factsSource } from '../../../src/ledger/queries/facts.ts';
import { outboxStore } from '../../../src/ledger/queries/outbox.ts';
import type { Channel } from '../../../src/ports/channel.ts';
import type { Log } from '../../../src/ports/log.ts';

export interface ProcessSettings {
  readonly holder: string;
  readonly now: () => number;
  readonly channels: readonly Channel[];
  readonly rules: readonly Rule[];
}

const LOG: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const SETTINGS = {
  ...DEFAULT_ALERT_SETTINGS,
  budgets: { ...DEFAULT_ALERT_SETTINGS.budgets, costPerRequestNano: null },
};

/** Engine and delivery of one process, over a ledger that others share. */
export function processOn(
  ledger: Ledger,
  { holder, now, channels, rules }: ProcessSettings,
): { readonly engine: AlertEngine; readonly delivery: DeliveryService } {
  return {
    engine: createAlertEngine({
      facts: factsSource(ledger.db, {
        zone: 'Asia/Kathmandu',
        endpoints: [{ name: 'generate', region: 'any', latencyObjectiveUs: null }],
        alerts: SETTINGS,
        recorder: { read: async () => NOTHING_WATCHED },
      }),
      store: alertStore(ledger.db, { tellSinks: false }),
      rules,
      settings: SETTINGS,
      routes: channels.map(({ name }) => ({ channel: name, minSeverity: 'info' })),
    }),
    delivery: createDelivery({
      store: outboxStore(ledger.db),
      ...{ channels, holder, log: LOG },
      clock: { now, monotonic: now },
      random: () => 0.5,
      linkOf: () => 'http://127.0.0.1/',
    }),
  };
}
