import { createLastResort } from '../../alerts/last-resort.ts';
import { MICROS_PER_MINUTE } from '../core/units.ts';
import { queueNotice } from '../ledger/queries/alerts.ts';
import { leaseStore } from '../ledger/queries/leases.ts';
import { wasDelivered } from '../ledger/queries/outbox.ts';
import type { OfficeParts } from './office-parts.ts';
import { type SteadyLoop, startSteadyLoop } from './steady-loop.ts';

const PAUSE_MS = 30_000;

/** Looks whether the ledger takes writes, and tells people past it when it does not. */
export function startAlarmWatch(parts: OfficeParts): SteadyLoop {
  const { ledger, config, clock, log, holder, watch, healthFacts } = parts;
  const leases = leaseStore(ledger.db);
  const alarm = createLastResort({
    ...{ log, zone: config.timezone, alerts: config.alerts },
    channels: parts.channels,
    routes: parts.routes,
    probe: async (now) => {
      await leases.acquire({ name: 'alarm', holder, now, until: now + MICROS_PER_MINUTE });
      const error = parts.state.evaluationError;
      if (error !== null) throw new Error(`alerts cannot be evaluated: ${error}`);
    },
    recorder: () => {
      const { journal, diskFreeBytes } = healthFacts();
      return { journal, diskFreeBytes, ...watch.facts() };
    },
    delivered: (delivery) => wasDelivered(ledger.db, delivery),
    queue: (notice, channels) => queueNotice(ledger.db, notice, channels),
    linkOf: parts.noticeLink,
  });
  const step = async () => {
    await alarm.look(clock.now());
    return 'idle' as const;
  };
  return startSteadyLoop({ name: 'alarm', step, pauseMs: PAUSE_MS, log });
}
