import type { AlertSettings } from '../src/core/alert-settings.ts';
import { type Facts, NOTHING_WATCHED, type RecorderFacts } from '../src/core/facts.ts';
import { type Notice, noticeKey } from '../src/core/notice.ts';
import type { EpochMicros } from '../src/core/units.ts';
import type { Channel } from '../src/ports/channel.ts';
import type { Log } from '../src/ports/log.ts';
import { blindness } from './budgets/blindness.ts';
import { type Route, routesOf } from './engine.ts';
import { evaluateRules } from './lifecycle-evaluation.ts';

export interface LastResortSettings {
  readonly channels: readonly Channel[];
  readonly routes: readonly Route[];
  readonly alerts: AlertSettings;
  readonly zone: string;
  readonly log: Log;
  /** Writes to the ledger as alerts do. @throws what stands in the way. */
  readonly probe: (now: EpochMicros) => Promise<void>;
  /** What this process knows without the ledger. */
  readonly recorder: () => Partial<RecorderFacts>;
  /** Whether the ledger has it that the channel got the notice. May throw. */
  readonly delivered: (delivery: string) => Promise<boolean>;
  /** Keeps a notice in the ledger and delivers it to the channels from there. */
  readonly queue: (notice: Notice, channels: readonly string[]) => Promise<void>;
  readonly linkOf: (notice: Notice) => string;
}

export interface LastResort {
  /** Once a minute or so. Never rejects. */
  look(now: EpochMicros): Promise<void>;
}

/**
 * Tells that the service is blind when the ledger, which every other notice goes through, takes no write: straight to
 * the channels, from memory. Each notice once to each channel, under the id that the outbox would use. What was told
 * is kept, and its end is told, when the ledger works again; a restart before that forgets what it owes.
 */
export function createLastResort(settings: LastResortSettings): LastResort {
  let failingSince: EpochMicros | null = null;
  const told = new Map<string, { readonly notice: Notice; readonly got: Set<string> }>();
  return {
    look: async (now) => {
      const error = await failureOf(() => settings.probe(now));
      try {
        if (error === null) {
          failingSince = null;
          await settleDebts(settings, told, now);
          return;
        }
        failingSince ??= now;
        const ledger = { failingSince, lastError: error };
        const facts = withoutLedger(settings, now, { ...settings.recorder(), ledger });
        for (const notice of evaluateRules(facts, settings.alerts, [blindness]).notices) {
          const key = noticeKey(notice);
          const kept = told.get(key) ?? { notice, got: new Set() };
          told.set(key, kept);
          await tell(settings, kept);
        }
      } catch (failure) {
        settings.log.error({ err: failure }, 'the alarm for a ledger that fails did not work');
      }
    },
  };
}

async function tell(
  settings: LastResortSettings,
  { notice, got }: { readonly notice: Notice; readonly got: Set<string> },
): Promise<void> {
  const wanted = routesOf(notice, settings.routes);
  const open = settings.channels.filter(({ name }) => wanted.includes(name) && !got.has(name));
  await Promise.all(
    open.map(async (channel) => {
      const id = `${noticeKey(notice)}/${encodeURIComponent(channel.name)}`;
      const link = settings.linkOf(notice);
      const known = await settings.delivered(id).catch(() => false);
      const result = known
        ? ({ ok: true } as const)
        : await channel.send({ id, notice, link, test: false });
      const fields = { id, channel: channel.name };
      if (result.ok) {
        got.add(channel.name);
        settings.log.warn(fields, 'notice delivered past the ledger');
      } else settings.log.error({ ...fields, error: result.error }, 'notice not delivered');
    }),
  );
}

/** The ledger works: it gets what was told without it, and what is over. */
async function settleDebts(
  settings: LastResortSettings,
  told: Map<string, { readonly notice: Notice; readonly got: Set<string> }>,
  now: EpochMicros,
): Promise<void> {
  for (const [key, { notice, got }] of told) {
    const wanted = routesOf(notice, settings.routes);
    await settings.queue(
      notice,
      wanted.filter((name) => !got.has(name)),
    );
    // Whether the other spots are over, the next evaluation tells: it sees them again.
    if (notice.subject === 'ledger') await settings.queue(endOf(notice, now), wanted);
    told.delete(key);
  }
}

function endOf(notice: Notice, now: EpochMicros): Notice {
  const kind = blindness.policy.onCleared;
  const headline = 'the ledger takes writes again';
  return {
    ...notice,
    kind: kind?.kind ?? notice.kind,
    severity: kind?.severity ?? 'info',
    at: now,
    changed: 'Was met, is cleared.',
    verdict: {
      ...notice.verdict,
      state: 'cleared',
      headline,
      reason: `At the last look ${headline}. What was recorded meanwhile is taken in from the journal.`,
      nextStep: 'Nothing to do, if the cause is known.',
    },
  };
}

/** Only what the process itself sees is judged. */
function withoutLedger(
  { zone }: LastResortSettings,
  now: EpochMicros,
  recorder: Partial<RecorderFacts>,
): Facts {
  return {
    ...{ now, zone, firstRequestAt: null, activeDays: 0, hoursFrom: now, hours: [] },
    ...{ spenders: [], endpoints: [], latency: [], incidents: [], previous: {}, told: [] },
    egress: { bytes: 0, digestedBytes: 0, repeatableBytes: 0, byContentType: [], topPaths: [] },
    recorder: { ...NOTHING_WATCHED, ...recorder },
  };
}

async function failureOf(work: () => Promise<void>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
