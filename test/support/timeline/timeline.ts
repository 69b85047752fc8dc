import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { type AlertSettings, DEFAULT_ALERT_SETTINGS } from '../../../src/core/alert-settings.ts';
import { NOTHING_WATCHED, type RecorderFacts } from '../../../src/core/facts.ts';
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE } from '../../../src/core/units.ts';
import { addSilence, reviveDead } from '../../../src/ledger/queries/outbox.ts';
import { ALERT_RULES } from '../../../src/wiring/alert-rules.ts';
import { type Instance, type InstanceSettings, startInstance } from './instance.ts';
import { type ReceivedMail, type SmtpMode, startSmtp, type TestSmtp } from './smtp.ts';
import { seededRandom } from './traffic-shapes.ts';
import { addRequests, addUsage, billHour } from './world.ts';

export const minutes = (count: number) => count * MICROS_PER_MINUTE;
export const hours = (count: number) => count * MICROS_PER_HOUR;
export const days = (count: number) => count * MICROS_PER_DAY;
export const instant = (iso: string) => Date.parse(iso) * 1_000;
const isoOf = (at: number) => new Date(at / 1_000).toISOString().slice(0, 16);

/** The report's settings, without the ceiling per request, which any made-up spend would break. */
export const TIMELINE_SETTINGS: AlertSettings = {
  ...DEFAULT_ALERT_SETTINGS,
  budgets: { ...DEFAULT_ALERT_SETTINGS.budgets, costPerRequestNano: null },
};

const SIGHTED: RecorderFacts = {
  ...NOTHING_WATCHED,
  journal: { ok: true, entriesAtRisk: 0, lastError: null },
  intakeLagUs: 0,
  diskFreeBytes: 1e12,
};

export interface TimelineOptions {
  readonly start: string;
  readonly zone?: string;
  /** Step of the clock. */
  readonly every?: number;
  /** Rules by id; the default is all of them. */
  readonly only?: readonly string[];
  readonly settings?: AlertSettings;
  readonly endpoints?: InstanceSettings['endpoints'];
  /** Stop and start the service after every step. */
  readonly restart?: boolean;
  readonly smtpTimeoutMs?: number;
  /** Instances that tick at the same time. */
  readonly instances?: number;
}

interface Expected {
  readonly from: number;
  readonly to: number;
  subject: RegExp;
  readonly texts: string[];
}

type Event = { readonly at: number; readonly happen: () => Promise<void> | void };

/**
 * A story told in time: what happens when, and which mail is expected between when and when. Runs the real
 * ledger, scheduler, engine, delivery and a real mail server under a clock set by hand. Any mail that nobody
 * expected fails it.
 */
export class Timeline {
  readonly #options: TimelineOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), 'tripmeter-timeline-'));
  readonly #events: Event[] = [];
  readonly #expected: Expected[] = [];
  readonly #random = seededRandom(11);
  #now: number;
  #recorder: RecorderFacts = SIGHTED;
  #instances: Instance[] = [];
  #smtp: TestSmtp | null = null;
  #generation = 0;

  constructor(options: TimelineOptions) {
    this.#options = options;
    this.#now = instant(options.start);
    onTestFinished(async () => {
      for (const one of this.#instances) await one.stop();
      await this.#smtp?.close();
      rmSync(this.#folder, { recursive: true, force: true });
    });
  }

  get mails(): readonly ReceivedMail[] {
    return this.#smtp?.received ?? [];
  }

  get smtpAttempts(): number {
    return this.#smtp?.attempts ?? 0;
  }

  get ledger() {
    const [first] = this.#instances;
    if (first === undefined) throw new Error('the timeline has not run yet');
    return first.ledger;
  }

  at(iso: string): Moment {
    return new Moment(instant(iso), (at, happen) => this.#events.push({ at, happen }), this);
  }

  /** The same at every step of so long from `from` until before `to`. */
  repeat(span: { from: string; to: string; every: number }, what: (moment: Moment) => void): void {
    for (let at = instant(span.from); at < instant(span.to); at += span.every) {
      what(this.at(new Date(at / 1_000).toISOString()));
    }
  }

  expectMail(window: { readonly from: number; readonly to: number }): ExpectedMail {
    const expected: Expected = { ...window, subject: /./, texts: [] };
    this.#expected.push(expected);
    return new ExpectedMail(expected);
  }

  /** Steps the clock to `until`, then compares what came with what was expected. */
  async run(until: string): Promise<void> {
    await this.play(until);
    this.#compare();
  }

  async play(until: string): Promise<void> {
    this.#smtp ??= await startSmtp(() => this.#now);
    if (this.#instances.length === 0) await this.#start();
    const end = instant(until);
    const every = this.#options.every ?? hours(1);
    const events = this.#events.splice(0).sort((a, b) => a.at - b.at);
    while (this.#now <= end) {
      while ((events[0]?.at ?? Infinity) <= this.#now) await events.shift()?.happen();
      await Promise.all(this.#instances.map(({ scheduler }) => scheduler.tick()));
      if (this.#options.restart) await this.#restart();
      this.#now += every;
    }
    this.#events.push(...events);
  }

  /** What moments do to the world. */
  readonly world = {
    usage: (at: number, usage: Parameters<typeof addUsage>[2]) => addUsage(this.ledger, at, usage),
    bill: (at: number, usd: number) => billHour(this.ledger, at, usd),
    requests: (at: number, what: Parameters<typeof addRequests>[2]) =>
      addRequests(this.ledger, at, what),
    smtp: (mode: SmtpMode) => {
      if (this.#smtp !== null) this.#smtp.mode = mode;
    },
    recorder: (change: Partial<RecorderFacts>) => {
      this.#recorder = { ...this.#recorder, ...change };
    },
    clock: (by: number) => {
      this.#now += by;
    },
    retry: async (at: number) => {
      await reviveDead(this.ledger.db, at);
    },
    silence: (rule: string, from: number, until: number) =>
      addSilence(this.ledger.db, {
        id: `silence-${from}`,
        ...{ rule, from, until, by: 'ops', reason: 'planned load test' },
      }),
  };

  async #start(): Promise<void> {
    const { options, generation } = { options: this.#options, generation: this.#generation };
    const count = options.instances ?? 1;
    for (let index = 0; index < count; index += 1) {
      this.#instances.push(
        await startInstance({
          place: { kind: 'sqlite', file: join(this.#folder, 'ledger.db') },
          zone: options.zone ?? 'UTC',
          clock: { now: () => this.#now, monotonic: () => this.#now },
          holder: `instance-${index}-${generation}`,
          rules: ALERT_RULES.filter(({ id }) => options.only?.includes(id) ?? true),
          alerts: options.settings ?? TIMELINE_SETTINGS,
          endpoints: options.endpoints ?? [
            { name: 'generate', region: 'any', latencyObjectiveUs: null },
          ],
          recorder: () => this.#recorder,
          smtpPort: this.#smtp?.port ?? 0,
          smtpTimeoutMs: options.smtpTimeoutMs ?? 3_000,
          random: this.#random,
        }),
      );
    }
  }

  async #restart(): Promise<void> {
    for (const one of this.#instances) await one.stop();
    this.#instances = [];
    this.#generation += 1;
    await this.#start();
  }

  #compare(): void {
    const left = [...this.mails.filter(({ confirmed }) => confirmed)];
    const missing = this.#expected.filter((expected) => {
      const index = left.findIndex((mail) => matches(mail, expected));
      if (index === -1) return true;
      left.splice(index, 1);
      return false;
    });
    const report = [
      ...missing.map(
        (one) =>
          `missing     ${isoOf(one.from)}..${isoOf(one.to)}  ${one.subject} ${one.texts.join(' | ')}`,
      ),
      ...left.map((mail) => `unexpected  ${isoOf(mail.at)}  ${mail.parsed.subject}`),
    ];
    expect(
      report,
      `mails received:\n${this.mails.map((mail) => `  ${isoOf(mail.at)}  ${mail.parsed.subject}`).join('\n')}`,
    ).toEqual([]);
  }
}

function matches(mail: ReceivedMail, expected: Expected): boolean {
  const inTime = mail.at >= expected.from && mail.at <= expected.to;
  const text = mail.parsed.text ?? '';
  return (
    inTime &&
    expected.subject.test(mail.parsed.subject ?? '') &&
    expected.texts.every((part) => text.includes(part))
  );
}

type RecordEvent = (at: number, happen: Event['happen']) => void;

/** Something that happens at an instant. */
export class Moment {
  readonly #at: number;
  readonly #record: RecordEvent;
  readonly #timeline: Timeline;

  constructor(at: number, record: RecordEvent, timeline: Timeline) {
    this.#at = at;
    this.#record = record;
    this.#timeline = timeline;
  }

  spend(usd: number, requests = 10): this {
    return this.#do((world, at) => world.usage(at, { usd, requests }));
  }
  usage(usage: Parameters<typeof addUsage>[2]): this {
    return this.#do((world, at) => world.usage(at, usage));
  }
  /** The bill arrives now, and says what the hour of `iso` cost. */
  bill(iso: string, usd: number): this {
    return this.#do((world) => world.bill(instant(iso), usd));
  }
  failures(count: number, endpoint = 'generate'): this {
    return this.#do((world, at) => world.requests(at, { count, failing: true, endpoint }));
  }
  successes(count: number, endpoint = 'generate'): this {
    return this.#do((world, at) => world.requests(at, { count, failing: false, endpoint }));
  }
  smtp(mode: SmtpMode): this {
    return this.#do((world) => world.smtp(mode));
  }
  recorder(change: Partial<RecorderFacts>): this {
    return this.#do((world) => world.recorder(change));
  }
  /** Somebody says `tripmeter alerts retry`. */
  retry(): this {
    return this.#do((world, at) => world.retry(at));
  }
  clockStep(by: number): this {
    return this.#do((world) => world.clock(by));
  }
  silence(rule: string, until: string): this {
    return this.#do((world, at) => world.silence(rule, at, instant(until)));
  }

  #do(act: (world: Timeline['world'], at: number) => Promise<void> | void): this {
    this.#record(this.#at, () => act(this.#timeline.world, this.#at));
    return this;
  }
}

/** What a mail must say. */
export class ExpectedMail {
  readonly #expected: Expected;
  constructor(expected: Expected) {
    this.#expected = expected;
  }
  subject(pattern: RegExp): this {
    this.#expected.subject = pattern;
    return this;
  }
  says(text: string): this {
    this.#expected.texts.push(text);
    return this;
  }
}

export function between(from: string, to: string): { from: number; to: number } {
  return { from: instant(from), to: instant(to) };
}
