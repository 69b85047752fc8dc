import { readdirSync, readFileSync } from 'node:fs';

/** CPU time and memory of a process and its children, all threads, from /proc. Linux only. */
export interface ProcessUsage {
  readonly cpuUs: number;
  readonly rssBytes: number;
}

export function processUsage(pid: number): ProcessUsage {
  const total = { cpuUs: 0, rssBytes: 0 };
  for (const member of familyOf(pid)) {
    total.cpuUs += cpuMicros(member);
    total.rssBytes += residentBytes(member);
  }
  return total;
}

/** Resolves once the process uses less than 3 % of a core: its backlog is drained. */
export async function untilIdle(pid: number, limitMs = 20_000): Promise<void> {
  const stepMs = 250;
  for (let waited = 0; waited < limitMs; waited += stepMs) {
    const before = processUsage(pid).cpuUs;
    await new Promise((resolve) => setTimeout(resolve, stepMs));
    if (processUsage(pid).cpuUs - before < stepMs * 30) return;
  }
}

function familyOf(pid: number): number[] {
  const family = [pid];
  for (const parent of family) {
    for (const task of list(`/proc/${parent}/task`)) {
      const children = read(`/proc/${parent}/task/${task}/children`).trim();
      family.push(...children.split(' ').filter(Boolean).map(Number));
    }
  }
  return family;
}

function cpuMicros(pid: number): number {
  const nanos = list(`/proc/${pid}/task`).map((task) =>
    Number(read(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0] ?? 0),
  );
  return nanos.reduce((sum, each) => sum + each, 0) / 1_000;
}

function residentBytes(pid: number): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`));
  return Number(match?.[1] ?? 0) * 1_024;
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
