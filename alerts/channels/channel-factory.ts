import type { z } from 'zod';
import type { EpochMicros } from '../../src/core/units.ts';
import type { Channel } from '../../src/ports/channel.ts';

/** A kind of channel: what it is configured with, and how one is made. */
export interface ChannelFactory<Schema extends z.ZodType> {
  readonly kind: string;
  /** What a user writes. Secrets are `{ env }` or `{ file }` and reach `create` as text. */
  readonly schema: Schema;
  create(name: string, config: z.output<Schema>, settings: ChannelSettings): Channel;
}

/** The same for every kind. */
export interface ChannelSettings {
  /** The text behind a `{ env: NAME }` or `{ file: PATH }`. */
  readonly secret: (reference: SecretReference) => string;
  /** For signatures that carry the time of the attempt. */
  readonly now: () => EpochMicros;
}

export type SecretReference = { readonly env: string } | { readonly file: string };
