import type { PicoUsdPerSecond } from '../units.ts';

/** What one second of a container costs, and under which name that is stored. */
export interface ContainerRate {
  /** Stable and self-contained: `parsePriceId` gives the figures back without any price list. */
  readonly priceId: string;
  readonly rate: PicoUsdPerSecond;
  /** GPUs in the container; 0 for a CPU endpoint. */
  readonly gpuCount: number;
}

/** The parts of a container's price that its id tells. */
export interface PriceIdParts {
  readonly rate: PicoUsdPerSecond;
  /** `null`: no GPU. */
  readonly gpu: string | null;
  readonly gpuCount: number;
  readonly cpuCores: number;
  readonly memoryGiB: number;
  readonly region: string;
  /** Thousandths. */
  readonly multiplier: number;
  readonly source: string;
}

/**
 * Id of a container's price, e.g. `888480000p/s A100-80GB:1 4cpu 64GiB any*1 pricing-page-2026-05-07`.
 * The figure itself is part of it, so that a record keeps its price when the list changes.
 */
export function priceIdOf(parts: PriceIdParts): string {
  const gpu = parts.gpu === null ? 'none' : `${parts.gpu}:${parts.gpuCount}`;
  const region = parts.region.replaceAll(/[\s,]+/g, '/').replaceAll('*', '');
  return (
    `${parts.rate}p/s ${gpu} ${parts.cpuCores}cpu ${parts.memoryGiB}GiB ` +
    `${region}*${parts.multiplier / 1_000} ${parts.source}`
  );
}

/** The rate that a stored id stands for, `null` when it is no container price (tokens, or unknown text). */
export function parsePriceId(priceId: string): ContainerRate | null {
  const match = /^(\d+)p\/s (?:none|\S+:(\d+)) /.exec(priceId);
  if (match === null) return null;
  return { priceId, rate: Number(match[1]), gpuCount: Number(match[2] ?? 0) };
}
