import { liftSysGenerate, liftSysHealth } from './behaviours/lift-sys.ts';
import { openAiChat } from './behaviours/openai-chat.ts';
import type { SandboxEndpointOptions } from './endpoint-settings.ts';

const SECOND = 1_000_000;

/**
 * A small workspace that shows everything within seconds: `chat` (vLLM), `generate` and `health`
 * (lift-sys), `solve` (long enough for Modal's 303, here after one second instead of 150).
 */
export const DEMO_ENDPOINTS = {
  chat: {
    behaviour: openAiChat({ metrics: true, firstTokenUs: 120_000, tokenUs: 15_000, tokens: 24 }),
    gpu: 'H100',
    maxInputs: 8,
    bootUs: 1.5 * SECOND,
    scaledownWindowUs: 60 * SECOND,
    identityHeaders: true,
    prices: { gpu: 1_097_000_000, cpuCore: 13_100_000, memoryGiB: 2_220_000 },
  },
  generate: {
    behaviour: liftSysGenerate({ generationUs: 350_000 }),
    gpu: 'A100-80GB',
    maxInputs: 20,
    bootUs: 2 * SECOND,
    scaledownWindowUs: 300 * SECOND,
  },
  health: { behaviour: liftSysHealth, gpu: 'none', cpuCores: 0.125, scaledownWindowUs: 2 * SECOND },
  solve: {
    behaviour: liftSysGenerate({ shape: 'text', generationUs: 2_500_000 }),
    gpu: 'L40S',
    httpLimitUs: SECOND,
    location: 'relative',
    scaledownWindowUs: 60 * SECOND,
    prices: { gpu: 542_000_000, cpuCore: 13_100_000, memoryGiB: 2_220_000 },
  },
} as const satisfies Record<string, SandboxEndpointOptions>;
