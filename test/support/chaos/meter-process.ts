import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface MeterOptions {
  readonly dataDir: string;
  readonly port: number;
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
    const script = fileURLToPath(new URL('./meter-child.ts', import.meta.url));
    const child = spawn(process.execPath, [script, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const meter = new MeterProcess(child);
    await meter.said('ready');
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

  /** Resolves when it has said the word, or is gone. */
  async said(word: 'ready' | 'stopping'): Promise<void> {
    while (!this.#stdout.includes(`${word}\n`) && this.running) {
      await Promise.race([once(this.#child, 'said'), this.#exit]);
    }
  }
}
