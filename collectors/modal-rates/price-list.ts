import type { EpochMicros, PicoUsdPerSecond } from '../../src/core/units.ts';
import type { PriceList, PriceObservation } from '../../src/ports/collector.ts';
import type { RatesResponse } from './wire.ts';

/** Modal's spelling of a GPU in its keys → the spelling of its decorators. */
const GPUS: ReadonlyMap<string, string> = new Map([
  ['b300', 'B300'],
  ['b200', 'B200'],
  ['h200', 'H200'],
  ['h100', 'H100'],
  ['rtx6000', 'RTX-PRO-6000'],
  ['a100_80gb', 'A100-80GB'],
  ['a100_40gb', 'A100-40GB'],
  ['l40s', 'L40S'],
  ['a10g', 'A10'],
  ['l4', 'L4'],
  ['t4', 'T4'],
]);

/**
 * Prices out of `modal billing rates`. A GPU that the table above does not know is priced under its key in
 * decorator spelling (`gpu_hour_cost_b400_x` → `B400-X`): its price is a fact even before its name is.
 */
export function priceListOf(response: RatesResponse, seenAt: EpochMicros): PriceList {
  const prices: PriceObservation[] = [];
  const unrecognised: string[] = [];
  for (const [key, usdPerHour] of Object.entries(response.rates)) {
    const meaning = meaningOf(key);
    const picoUsdPerSecond = meaning === null ? null : picoPerSecond(usdPerHour);
    if (meaning === null || picoUsdPerSecond === null) {
      unrecognised.push(`${key}=${usdPerHour}`);
      continue;
    }
    const source = `modal-rates:${key}`;
    prices.push({ ...meaning, usdPerHour, picoUsdPerSecond, effectiveFrom: seenAt, source });
  }
  const notices = { ...response.deprecationWarnings, ...response.deprecationErrors };
  const warnings = Object.entries(notices).map(([key, text]) => `${key}: ${text}`);
  return { prices, unrecognised, warnings };
}

function meaningOf(key: string): Pick<PriceObservation, 'resource' | 'gpu'> | null {
  if (key === 'cpu_hour_cost') {
    return { resource: 'cpu', gpu: null };
  }
  if (key === 'mem_gib_hour_cost') {
    return { resource: 'memory', gpu: null };
  }
  const name = /^gpu_hour_cost_(\w+)$/.exec(key)?.[1];
  if (name === undefined || name.endsWith('_sandbox')) {
    return null;
  }
  return { resource: 'gpu', gpu: GPUS.get(name) ?? name.toUpperCase().replaceAll('_', '-') };
}

/**
 * `2.50` dollars an hour in pico-dollars a second, rounded half up. Parsed as a fraction: three decimals of
 * dollars an hour have no finite decimal a second.
 */
function picoPerSecond(usdPerHour: string): PicoUsdPerSecond | null {
  const match = /^(\d{1,9})(?:\.(\d{1,18}))?$/.exec(usdPerHour.trim());
  if (match === null) {
    return null;
  }
  const [, whole = '0', fraction = ''] = match;
  const divisor = 3_600n * 10n ** BigInt(fraction.length);
  const pico = BigInt(whole + fraction) * 1_000_000_000_000n;
  return Number((2n * pico + divisor) / (2n * divisor));
}
