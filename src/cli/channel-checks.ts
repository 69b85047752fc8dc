import type { Config } from '../config/config.ts';
import { instantText } from '../core/measure-text.ts';
import type { EpochMicros } from '../core/units.ts';
import type { Channel, SendResult } from '../ports/channel.ts';
import type { Clock } from '../ports/clock.ts';
import { channelsOf } from '../wiring/channels-of.ts';

/** One thing that `check` tried. */
export interface Finding {
  readonly what: string;
  /** `null`: it is well. */
  readonly problem: string | null;
}

/** Connects to each channel and logs in, where that can be done without sending. */
export function channelFindings(config: Config, clock: Clock): Promise<Finding>[] {
  return channelsIn(config, clock).flatMap((channel) => {
    const { name, verify } = channel;
    return verify === undefined ? [] : [verify.call(channel).then((result) => found(name, result))];
  });
}

/** A secret that is missing is a finding of its own: there is no channel to try then. */
function channelsIn(config: Config, clock: Clock): readonly Channel[] {
  try {
    return channelsOf(config, clock).channels;
  } catch {
    return [];
  }
}

function found(name: string, result: SendResult): Finding {
  const what = `channel ${name}`;
  if (result.ok) return { what, problem: null };
  const remedy = result.retryable
    ? 'check host, port and tls of its address, and that the server runs'
    : 'check its user and password';
  return { what, problem: `${result.error}; ${remedy}` };
}

/** A declaration that has run out counts as none: go/no-go says no to it, and nobody may notice. */
export function capacityFindings(config: Config, now: EpochMicros): Finding[] {
  const { capacity } = config.alerts.decision;
  if (capacity === null) return [];
  const problem =
    capacity.until > now
      ? null
      : `expired on ${instantText(capacity.until, config.timezone)}: go/no-go counts it as none; renew \`until\`, or remove it`;
  return [{ what: `decision.capacity of ${capacity.who}`, problem }];
}
