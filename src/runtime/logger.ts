import { pino } from 'pino';
import type { Log } from '../ports/log.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** JSON lines on standard error, so that standard output stays a command's answer. */
export function createLogger(level: LogLevel, name: string): Log {
  return pino(
    { level, base: { name }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
