import type { Log } from '../../../src/ports/log.ts';

export interface MemoryLog extends Log {
  readonly lines: { readonly level: string; readonly fields: object; readonly message: string }[];
}

export function memoryLog(): MemoryLog {
  const lines: MemoryLog['lines'] = [];
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
