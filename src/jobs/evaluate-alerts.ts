import { parseCron } from '../core/cron-schedule.ts';
import { type EpochMicros, MICROS_PER_HOUR, MICROS_PER_MINUTE } from '../core/units.ts';
import type { LeaseStore } from '../ports/alerts.ts';
import type { Job } from '../ports/jobs.ts';

export interface EvaluateAlertsSettings {
  /** Brings incidents up to date first: rules read them. */
  readonly foldIncidents: () => Promise<unknown>;
  readonly evaluate: (now: EpochMicros) => Promise<unknown>;
  readonly leases: LeaseStore;
  readonly holder: string;
}

/** Every minute, on one instance: look and decide; delivery runs by itself. What was missed says nothing that now does not. */
export function evaluateAlertsJob(settings: EvaluateAlertsSettings): Job {
  return {
    name: 'alerts',
    spec: {
      schedule: parseCron('* * * * *'),
      zone: 'UTC',
      catchUp: 'newest',
      maxAgeUs: MICROS_PER_HOUR,
      firstLookBackUs: 0,
      maxAttempts: 1,
    },
    run: async ({ now }) => {
      const leader = await settings.leases.acquire({
        name: 'alerts',
        holder: settings.holder,
        now,
        until: now + 3 * MICROS_PER_MINUTE,
      });
      if (!leader) return;
      try {
        await settings.foldIncidents();
        await settings.evaluate(now);
      } finally {
        // A restarted office is another holder: it would wait until the lease ends.
        await settings.leases.release('alerts', settings.holder);
      }
    },
  };
}
