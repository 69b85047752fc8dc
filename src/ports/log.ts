/**
 * The service's own log: one line an event, never one a request. Fields carry the figures, the message
 * is a sentence. Secrets, bodies and query values never reach it.
 */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
