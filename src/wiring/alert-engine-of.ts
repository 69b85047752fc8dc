import { type AlertEngine, createAlertEngine, type Route } from '../../alerts/engine.ts';
import type { Config } from '../config/config.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { alertStore } from '../ledger/queries/alerts.ts';
import { factsSource } from '../ledger/queries/facts.ts';
import type { RecorderSource } from '../ports/facts.ts';
import { ALERT_RULES } from './alert-rules.ts';

export interface AlertEngineParts {
  readonly ledger: Ledger;
  readonly config: Config;
  /** How well the service sees: what is not known there is unknown, not blind. */
  readonly recorder: RecorderSource;
  readonly routes: readonly Route[];
}

/** The engine with every rule, reading the ledger. */
export function alertEngineOf(parts: AlertEngineParts): AlertEngine {
  const { ledger, config, recorder, routes } = parts;
  const sinks = config.export.honeycomb !== undefined || config.export.otlp.length > 0;
  return createAlertEngine({
    facts: factsSource(ledger.db, {
      zone: config.timezone,
      endpoints: config.endpoints,
      alerts: config.alerts,
      recorder,
    }),
    store: alertStore(ledger.db, { tellSinks: sinks }),
    rules: ALERT_RULES,
    settings: config.alerts,
    routes,
  });
}
