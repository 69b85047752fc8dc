import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** The program as a user starts it, from source or built, with a configuration in a folder of its own. */
export class ServedProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'tripmeter-serve-'));
  readonly file = join(this.folder, 'tripmeter.yaml');
  stdout = '';
  stderr = '';
  readonly #program: string;
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | null = null;

  constructor(config: object, program = 'src/main.ts', env: NodeJS.ProcessEnv = {}) {
    this.#env = { ...process.env, ...env };
    this.#program = program;
    writeFileSync(this.file, stringify(config));
  }

  /** Starts `serve` and resolves with its addresses once it listens. */
  async serve(...flags: string[]): Promise<{ proxyUrl: string; adminUrl: string }> {
    return this.start('--config', this.file, 'serve', ...flags);
  }

  /** Starts the program with these arguments alone. */
  async start(...args: string[]): Promise<{ proxyUrl: string; adminUrl: string }> {
    this.stdout = '';
    this.#child = this.#spawn(args);
    const child = this.#child;
    await new Promise<void>((resolve, reject) => {
      child.stdout?.on('data', () => {
        if (/^data {3}/m.test(this.stdout)) resolve();
      });
      child.once('exit', (code) => reject(new Error(`exit ${code}: ${this.stderr}`)));
    });
    const urlAfter = (word: string) =>
      new RegExp(`^${word} +(\\S+)`, 'm').exec(this.stdout)?.[1] ?? '';
    return { proxyUrl: urlAfter('proxy'), adminUrl: urlAfter('admin') };
  }

  /** Runs another command to its end. */
  async run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const child = spawn('node', [this.#program, '--config', this.file, ...args]);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text: Buffer) => {
      stdout += text;
    });
    child.stderr.on('data', (text: Buffer) => {
      stderr += text;
    });
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, stdout, stderr };
  }

  /** Sends a signal and resolves with the exit code. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === null || child.exitCode !== null) return child?.exitCode ?? null;
    const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill(signal);
    return gone;
  }

  async close(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  #spawn(args: readonly string[]): ChildProcess {
    const child = spawn('node', [this.#program, ...args], { env: this.#env });
    child.stdout.on('data', (text: Buffer) => {
      this.stdout += text;
    });
    child.stderr.on('data', (text: Buffer) => {
      this.stderr += text;
    });
    return child;
  }
}
