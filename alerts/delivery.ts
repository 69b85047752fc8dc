import {
  MICROS_PER_DAY,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  type Micros,
} from '../src/core/units.ts';
import type { AttemptOutcome, Delivery, OutboxStore, Silence } from '../src/ports/alerts.ts';
import type { Channel, SendResult } from '../src/ports/channel.ts';
import type { Clock } from '../src/ports/clock.ts';
import type { Log } from '../src/ports/log.ts';

export interface DeliverySettings {
  readonly store: OutboxStore;
  readonly channels: readonly Channel[];
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** Who claims: unique among instances. */
  readonly holder: string;
  /** Page for a notice. */
  readonly linkOf: (delivery: Delivery) => string;
}

export interface DeliveryService {
  /**
   * Delivers what is due, all channels at once. A channel that still works on an earlier call is left alone, so
   * one that hangs delays nobody else.
   */
  deliverDue(): Promise<void>;
}

/** Far longer than any channel's own timeout. */
const CLAIM_US = 5 * MICROS_PER_MINUTE;
const BATCH = 20;
/** So much of a claim must be left for another send: the rest of a slow batch comes back when the claim ends. */
const CLAIM_RESERVE_US = 2 * MICROS_PER_MINUTE;
const FIRST_PAUSE_US = 30 * MICROS_PER_SECOND;
const LONGEST_PAUSE_US = 60 * MICROS_PER_MINUTE;
/** A delivery that failed for so long is dead: somebody must look. */
const DEAD_AFTER_US = MICROS_PER_DAY;

export function createDelivery(settings: DeliverySettings): DeliveryService {
  const busy = new Set<string>();
  const serve = async (channel: Channel) => {
    if (busy.has(channel.name)) return;
    busy.add(channel.name);
    try {
      await serveChannel(settings, channel);
    } catch (error) {
      // The store is away: what was claimed comes back when the claim ends.
      settings.log.error({ err: error, channel: channel.name }, 'deliveries could not be handled');
    } finally {
      busy.delete(channel.name);
    }
  };
  return {
    deliverDue: async () => {
      await Promise.all(settings.channels.map(serve));
    },
  };
}

async function serveChannel(settings: DeliverySettings, channel: Channel): Promise<void> {
  const now = settings.clock.now();
  const claimed = await settings.store.claim({
    channel: channel.name,
    now,
    holder: settings.holder,
    until: now + CLAIM_US,
    limit: BATCH,
  });
  if (claimed.length === 0) return;
  const silences = await settings.store.silences(now);
  for (const delivery of claimed) {
    if (settings.clock.now() > now + CLAIM_US - CLAIM_RESERVE_US) return;
    const outcome =
      heldBack(delivery, silences, now) ?? (await attempt(settings, channel, delivery));
    await settings.store.settle(delivery, outcome);
    logOutcome(settings.log, delivery, outcome);
  }
}

async function attempt(
  settings: DeliverySettings,
  channel: Channel,
  delivery: Delivery,
): Promise<AttemptOutcome> {
  const started = settings.clock.monotonic();
  const result = await channel.send({
    id: delivery.id,
    notice: delivery.notice,
    link: settings.linkOf(delivery),
    test: false,
  });
  const at = settings.clock.now();
  const durationUs = settings.clock.monotonic() - started;
  if (result.ok) return { status: 'delivered', at, durationUs };
  const pause = pauseAfter(delivery.attempts, result, settings.random());
  const alive =
    result.retryable &&
    at + pause - (delivery.firstTriedAt ?? at) < (channel.deadAfterUs ?? DEAD_AFTER_US);
  return {
    status: alive ? 'pending' : 'dead',
    at,
    durationUs,
    nextAt: alive ? at + pause : null,
    error: result.error,
  };
}

/**
 * Doubling pauses from 30 s to an hour, each shortened at random by up to half so that instances do not knock
 * together; never shorter than the receiver asked for.
 */
function pauseAfter(
  attempts: number,
  result: Extract<SendResult, { ok: false }>,
  random: number,
): Micros {
  const full = Math.min(LONGEST_PAUSE_US, FIRST_PAUSE_US * 2 ** Math.min(attempts, 20));
  return Math.max(Math.round(full * (1 - random / 2)), result.retryAfterUs ?? 0);
}

function heldBack(
  delivery: Delivery,
  silences: readonly Silence[],
  now: number,
): AttemptOutcome | null {
  const silence = silences.find(({ rule }) => covers(rule, delivery.notice.rule));
  const expires = delivery.notice.expiresAt;
  if (silence !== undefined) {
    const error = `silenced by ${silence.by} until the silence ends: ${silence.reason}`;
    return expires !== null && expires <= silence.until
      ? { status: 'dropped', at: now, nextAt: null, error }
      : { status: 'silenced', at: now, nextAt: silence.until, error };
  }
  return null;
}

export function covers(pattern: string, rule: string): boolean {
  return pattern.endsWith('*') ? rule.startsWith(pattern.slice(0, -1)) : pattern === rule;
}

function logOutcome(log: Log, delivery: Delivery, outcome: AttemptOutcome): void {
  const fields = { id: delivery.id, channel: delivery.channel, attempt: delivery.attempts + 1 };
  if (outcome.status === 'delivered') log.info(fields, 'notice delivered');
  else if (outcome.status === 'dead')
    log.error({ ...fields, error: outcome.error }, 'notice is dead');
  else log.warn({ ...fields, error: outcome.error }, `notice ${outcome.status}`);
}
