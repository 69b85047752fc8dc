import type { ClosedRequest } from '../core/request-record.ts';
import type { Micros } from '../core/units.ts';
import { closedRequest, type Ending } from './end-of-request.ts';
import type { ExchangeContext, ExchangeInput } from './exchange-context.ts';
import { PoolTime } from './pool-time.ts';
import { type Progress, startProgress } from './progress.ts';
import type { ParkedExchange } from './redirect-chain.ts';
import type { RequestSender } from './request-sender.ts';

/** What is measured of one request, and the entries that the journal gets of it. */
export class Recording {
  readonly progress: Progress;
  readonly #context: ExchangeContext;
  readonly #input: ExchangeInput;
  readonly #time: PoolTime;

  constructor(context: ExchangeContext, input: ExchangeInput) {
    this.#context = context;
    this.#input = input;
    const { joined, opened, endpoint } = input;
    this.progress = startProgress(opened, joined?.parked ?? null);
    this.progress.functionCallId ??= input.functionCallId;
    const meter = endpoint.meterOf(opened.pool);
    this.#time = new PoolTime(meter, joined?.meterReading ?? null, this.#execBefore());
  }

  /** Offset from the request's start. */
  elapsed(): Micros {
    return this.#context.clock.monotonic() - this.#input.startedUs;
  }

  sent(): void {
    const elapsed = this.elapsed();
    this.progress.sentUs ??= elapsed;
    this.#time.start(this.#input.startedUs + elapsed);
  }

  /** The record of the end. */
  close(ending: Ending, sender: RequestSender, eventLoopBlocked: boolean): ClosedRequest {
    const { progress } = this;
    const durationUs = this.elapsed();
    const runsOnUs = this.#runsOn(ending, sender.complete);
    progress.bytesIn += sender.bytes;
    progress.overheadUs += durationUs - (progress.lastByteUs ?? durationUs);
    progress.execUs = this.#time.stop(this.#input.startedUs + durationUs, runsOnUs);
    return closedRequest(progress, ending, {
      durationUs,
      upstreamEndUs: runsOnUs === 0 ? null : durationUs + runsOnUs,
      diagnosis: eventLoopBlocked ? 'event_loop_blocked' : null,
    });
  }

  /**
   * The call that the client may ask for again after such an end, else `null`. Networks cut long waits, and the
   * call runs on; what was refused here or ended with the process is over.
   */
  callToComeBackFor({ outcome }: Ending): string | null {
    const { joined, functionCallId } = this.#input;
    const broken = joined !== null && this.progress.lastByteUs === null;
    return broken && outcome !== 'rejected' && outcome !== 'shutdown' ? functionCallId : null;
  }

  /** The request as it stands between two legs. @param broken how the last one broke, `null` when it was answered. */
  park(functionCallId: string, sender: RequestSender, broken: Ending | null): ParkedExchange {
    const { progress } = this;
    const { legs, sentUs, overheadUs, bytesOut } = progress;
    const parkedAtUs = this.elapsed();
    const parked = {
      request: this.#input.opened,
      functionCallId,
      legs,
      parkedAtUs,
      sentUs,
      overheadUs: overheadUs + parkedAtUs - (progress.lastByteUs ?? parkedAtUs),
      execEstimateUs: this.#time.soFar(this.#input.startedUs + parkedAtUs),
      bytesIn: progress.bytesIn + sender.bytes,
      bytesOut,
    };
    return {
      parked,
      startedUs: this.#input.startedUs,
      meterReading: this.#time.reading,
      execBeforeUs: this.#time.base,
      lastStatus: progress.status ?? this.#input.joined?.lastStatus ?? 303,
      broken: broken === null ? null : { ending: broken, progress },
    };
  }

  /** What an earlier process measured of a parked request, and the time since: its container ran on. */
  #execBefore(): Micros | null {
    const { joined } = this.#input;
    if (joined === null || joined.meterReading !== null) {
      return joined?.execBeforeUs ?? null;
    }
    const { execEstimateUs, parkedAtUs } = joined.parked;
    return (execEstimateUs ?? 0) + Math.max(0, this.elapsed() - parkedAtUs);
  }

  /** How long the upstream may work on after we have let it go: Modal does for up to two minutes. */
  #runsOn({ outcome }: Ending, wasComplete: boolean): Micros {
    const { sentUs, lastByteUs } = this.progress;
    const left =
      outcome === 'client_abort' || outcome === 'shutdown' || outcome === 'upstream_timeout';
    const running = sentUs !== null && lastByteUs === null && wasComplete;
    return left && running ? this.#context.abortGraceUs : 0;
  }
}
