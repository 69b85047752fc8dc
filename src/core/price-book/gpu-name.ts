/** A GPU request as a Modal decorator spells it. */
export interface GpuRequest {
  /** Canonical name of the price list: `A100-40GB` for `A100`, `H100` for `H100!`. */
  readonly gpu: string;
  /** GPUs in one container: 8 for `H100:8`; `null` when the text says nothing about it. */
  readonly count: number | null;
}

const ALIASES: ReadonlyMap<string, string> = new Map([
  ['A10G', 'A10'],
  ['A100', 'A100-40GB'],
  ['A100-80', 'A100-80GB'],
  ['A100-40', 'A100-40GB'],
  ['RTX6000', 'RTX-PRO-6000'],
  ['RTXPRO6000', 'RTX-PRO-6000'],
  ['RTX-6000', 'RTX-PRO-6000'],
  ['PRO-6000', 'RTX-PRO-6000'],
]);

/**
 * Reads a GPU request; case, spaces and underscores do not matter. `H100!` (exactly this type) and `B200+`
 * (this or newer) are billed as what they name. `null` for `none`, which asks for no GPU.
 */
export function parseGpu(text: string): GpuRequest | null {
  const match = /^(.*?)\s*[!+]?\s*(?::\s*(\d+))?$/.exec(text.trim());
  const name = (match?.[1] ?? '').toUpperCase().replaceAll(/[\s_]+/g, '-');
  if (name === '' || name === 'NONE' || name === 'CPU') return null;
  const count = match?.[2] === undefined ? null : Number(match[2]);
  return { gpu: ALIASES.get(name) ?? name, count };
}
