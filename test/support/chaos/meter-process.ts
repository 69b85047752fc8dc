import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface MeterOptions {
  /** `composition`: proxy, journal, intake and ledger alone, with every write point; `service`: the program. */
  readonly program: 'composition' | 'service';
  readonly dataDir: string;
  readonly port: number;
  /** Of the program's admin server. */
  readonly adminPort: number;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly durability: 'process' | 'power';
  readonly onJournalFailure: 'forward' | 'refuse';
  readonly segmentBytes: number;
  readonly redirectGraceSeconds: number;
  readonly drainSeconds: number;
  /** Dies at the so-manyth passage of a write point, counted from 0 in `WRITE_POINTS`. */
  readonly killAt: { readonly point: number; readonly passage: number } | null;
}

export const METER_DEFAULTS = {
  program: 'composition',
  adminPort: 0,
  durability: 'process',
  onJournalFailure: 'forward',
  segmentBytes: 64 * 1_048_576,
  redirectGraceSeconds: 60,
  drainSeconds: 5,
  killAt: null,
} as const satisfies Partial<MeterOptions>;

/** A meter in a process of its own, to be killed. */
export class MeterProcess {
  readonly #child: ChildProcess;
  readonly #exit: Promise<void>;
  #stdout = '';
  #stderr = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exit = once(child, 'exit').then(() => {});
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk;
      this.#child.emit('said');
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk).slice(-8_000);
    });
  }

  /** Resolves when it listens, or has died on the way there. */
  static async start(options: MeterOptions): Promise<MeterProcess> {
    const child = spawn(process.execPath, await argumentsOf(options), {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const meter = new MeterProcess(child);
    if (options.program === 'composition') await meter.said('ready');
    else await meter.#listens(options.port);
    return meter;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The end of what it wrote to stderr. */
  get complaints(): string {
    return this.#stderr;
  }

  /** Resolves when the process is gone, at once if it is. */
  exited(): Promise<void> {
    return this.#exit;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }

  /** Asks it to stop. @returns its exit code, `null` when a signal ended it. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    await this.#exit;
    return this.#child.exitCode;
  }

  /** A second SIGTERM, or another signal, while it stops. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Has a full collection made. @returns the bytes of JavaScript and of buffers that are left. */
  async collect(): Promise<number> {
    this.#stdout = '';
    this.#child.kill('SIGUSR2');
    await this.said('collected');
    return Number(/^live (\d+)$/m.exec(this.#stdout)?.[1] ?? Number.NaN);
  }

  async #listens(port: number): Promise<void> {
    while (this.running && !(await connects(port))) await sleep(20);
  }

  /** Resolves when it has said the word, or is gone. */
  async said(word: 'ready' | 'stopping' | 'collected'): Promise<void> {
    while (!this.#stdout.includes(`${word}\n`) && this.running) {
      await Promise.race([once(this.#child, 'said'), this.#exit]);
    }
  }
}

async function argumentsOf(options: MeterOptions): Promise<readonly string[]> {
  if (options.program === 'composition') {
    return ['--expose-gc', pathOf('./meter-child.ts'), JSON.stringify(options)];
  }
  const file = join(options.dataDir, 'tripmeter.yaml');
  await writeFile(file, configurationOf(options));
  return [pathOf('../../../src/main.ts'), 'serve', '--config', file];
}

/** JSON is YAML. */
function configurationOf(options: MeterOptions): string {
  const endpoints = Object.entries(options.endpoints).map(([name, upstream]) => {
    const bodyRule = name === 'solve' ? 'lift-sys' : 'openai';
    return [name, { upstream, gpu: 'A100-80GB', maxInputs: 100, bodyRule }];
  });
  return JSON.stringify({
    listen: `127.0.0.1:${options.port}`,
    admin: { listen: `127.0.0.1:${options.adminPort}` },
    dataDir: options.dataDir,
    endpoints: Object.fromEntries(endpoints),
    journal: { durability: options.durability, onFailure: options.onJournalFailure },
    proxy: {
      redirectGrace: `${options.redirectGraceSeconds}s`,
      drain: `${options.drainSeconds}s`,
    },
  });
}

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
