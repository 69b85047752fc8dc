import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { spawnPinned } from './children.ts';
import type { Target } from './targets.ts';

export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
}

/** One run of the generator. Times in microseconds. */
export interface LoadResult {
  readonly completed: number;
  readonly seconds: number;
  readonly errors: number;
  readonly badStatus: number;
  readonly latencyUs?: Percentiles;
  readonly ttfbUs?: Percentiles;
  readonly chunkDelayUs?: Percentiles;
}

/** Compiles generator and mock; both are C, so that neither is the limit. */
export function compileLoad(): void {
  mkdirSync('.bench', { recursive: true });
  for (const name of ['mock', 'load']) {
    execFileSync('cc', ['-O2', '-o', `.bench/${name}`, `test/bench/load/${name}.c`]);
  }
}

export async function startMock(): Promise<{ port: number; stop(): void }> {
  const child = spawnPinned(0, ['.bench/mock', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise<number>((settle) => {
    child.stdout?.once('data', (line: Buffer) => settle(Number(line.toString())));
  });
  return { port, stop: () => void child.kill('SIGKILL') };
}

/** Runs the generator on CPU 0 against a target. */
export async function runLoad(target: Target, spec: LoadSpec): Promise<LoadResult> {
  const args = [
    ...['-c', '0', '.bench/load', spec.mode, String(target.port), target.path(spec.path)],
    ...[target.host, String(spec.connections), String(spec.seconds), String(spec.rate ?? 0)],
  ];
  const { stdout } = await promisify(execFile)('taskset', args, {
    env: { ...process.env, EXTRA_HEADERS: target.headers },
  });
  return JSON.parse(stdout) as LoadResult;
}

export interface LoadSpec {
  readonly mode: 'closed' | 'open' | 'sse';
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  readonly rate?: number;
}
