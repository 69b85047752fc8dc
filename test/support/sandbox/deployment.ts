import type { PicoUsdPerSecond } from '../../../src/core/units.ts';
import type { BilledApp, BilledResource } from './bill.ts';
import { type Container, DEFAULT_POOL_SETTINGS, type PoolSettings } from './container-pool.ts';

/** What a Modal decorator asks for, and what it costs. */
export interface Deployment extends PoolSettings {
  readonly app: BilledApp;
  /** `none`: a CPU function, whatever the price. */
  readonly gpu: string;
  readonly gpuCount: number;
  readonly cpuCores: number;
  readonly memoryGiB: number;
  readonly region: string;
  readonly cloud: string;
  readonly multiplierThousandths: number;
  /** Price of one GPU, core and GiB. The sandbox keeps prices of its own, as Modal does. */
  readonly prices: {
    readonly gpu: PicoUsdPerSecond;
    readonly cpuCore: PicoUsdPerSecond;
    readonly memoryGiB: PicoUsdPerSecond;
  };
}

/** One A100-80GB, GPU only, at the list price of 2026. */
export const DEFAULT_DEPLOYMENT: Deployment = {
  ...DEFAULT_POOL_SETTINGS,
  app: { id: 'ap-sandbox', name: 'sandbox', environment: 'main', tags: {} },
  gpu: 'A100-80GB',
  gpuCount: 1,
  cpuCores: 0,
  memoryGiB: 0,
  region: 'us-east-1',
  cloud: 'CLOUD_PROVIDER_AWS',
  multiplierThousandths: 1_000,
  prices: { gpu: 694_000_000, cpuCore: 13_100_000, memoryGiB: 2_220_000 },
};

/** Bill lines of one container of a deployment. */
export function billedResources(deployment: Deployment): readonly BilledResource[] {
  const { prices } = deployment;
  return [
    {
      resource: deployment.gpu,
      picoUsdPerSecond:
        deployment.gpu === 'none' ? 0 : Math.round(prices.gpu * deployment.gpuCount),
    },
    { resource: 'CPU', picoUsdPerSecond: Math.round(prices.cpuCore * deployment.cpuCores) },
    { resource: 'Memory', picoUsdPerSecond: Math.round(prices.memoryGiB * deployment.memoryGiB) },
  ].filter(({ picoUsdPerSecond }) => picoUsdPerSecond > 0);
}

/** Billed time of containers; an open one is billed up to `until`. */
export function billedIntervals(
  containers: readonly Container[],
  until: number,
): readonly { readonly from: number; readonly to: number }[] {
  return containers
    .map(({ billedFrom, closedAt }) => ({
      from: billedFrom,
      to: Math.min(until, closedAt ?? until),
    }))
    .filter(({ from, to }) => to > from);
}
