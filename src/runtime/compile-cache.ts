import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Keeps compiled modules between runs in the user's own cache folder, never in a shared temporary one, where
 * others could put code. Halves the start of a command. Where nothing can be written nothing is kept.
 */
export function keepCompiledModules(env: Readonly<Record<string, string | undefined>>): void {
  try {
    enableCompileCache(join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tripmeter'));
  } catch {
    // A user without a home directory starts more slowly.
  }
}
