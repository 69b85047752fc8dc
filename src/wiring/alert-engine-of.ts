import { BUDGET_RULES } from '../../alerts/budgets/registry.ts';
import { EMERGENCY_RULES } from '../../alerts/emergencies/registry.ts';
import { type AlertEngine, createAlertEngine, type Route } from '../../alerts/engine.ts';
import { TRIGGER_RULES } from '../../alerts/triggers/registry.ts';
import type { HealthFacts } from '../api/health.ts';
import type { Config } from '../config/config.ts';
import type { Exporter, SinkHealth } from '../export/exporter.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { alertStore } from '../ledger/queries/alerts.ts';
import { factsSource } from '../ledger/queries/facts.ts';
import type { RecorderSource } from '../ports/facts.ts';

export interface AlertEngineParts {
  readonly ledger: Ledger;
  readonly config: Config;
  /** `null` in a process that does not record: the recorder is then unknown, not blind. */
  readonly healthFacts: (() => HealthFacts) | null;
  readonly exporter: Exporter | null;
  readonly routes: readonly Route[];
}

/** The engine with every rule, reading the ledger. */
export function alertEngineOf(parts: AlertEngineParts): AlertEngine {
  const { ledger, config, routes } = parts;
  const sinks = config.export.honeycomb !== undefined || config.export.otlp.length > 0;
  return createAlertEngine({
    facts: factsSource(ledger.db, {
      zone: config.timezone,
      endpoints: config.endpoints,
      alerts: config.alerts,
      recorder: recorderOf(parts),
    }),
    store: alertStore(ledger.db, { tellSinks: sinks }),
    rules: [...BUDGET_RULES, ...TRIGGER_RULES, ...EMERGENCY_RULES],
    settings: config.alerts,
    routes,
  });
}

function recorderOf({ healthFacts, exporter }: AlertEngineParts): RecorderSource {
  return {
    read: async () => {
      const health = healthFacts?.() ?? null;
      const sinks = (await exporter?.health()) ?? [];
      return {
        journal: health?.journal ?? null,
        intakeLagUs: null,
        traffic: null,
        sinks: sinks.map(sinkFacts),
        collectors: [],
        diskFreeBytes: health?.diskFreeBytes ?? null,
      };
    },
  };
}

function sinkFacts(sink: SinkHealth) {
  return {
    name: sink.sink,
    lagUs: Math.round((sink.lagSeconds ?? 0) * 1_000_000),
    depth: sink.depth ?? 0,
    stopped: sink.stopped,
  };
}
