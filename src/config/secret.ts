import { inspect } from 'node:util';
import { z } from 'zod';

/** Where a secret is. It is never in the file itself. */
export const secretReference = z
  .union(
    [z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })],
    { error: 'a secret is never written here: name it as { env: NAME } or { file: PATH }' },
  )
  .describe('Where the secret is: { env: NAME } or { file: PATH }.');

export type SecretReference = z.output<typeof secretReference>;

/** Text that no log, error or dump shows. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself, for the one place that needs it. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/** Where secrets are read from. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
}

/** The whole environment is a secret: printing a configuration must not print it along. */
export class HiddenSources implements SecretSources {
  readonly #sources: SecretSources;

  constructor(sources: SecretSources) {
    this.#sources = sources;
  }

  get env(): SecretSources['env'] {
    return this.#sources.env;
  }

  get readFile(): SecretSources['readFile'] {
    return this.#sources.readFile;
  }
}

/** @throws Error that names the reference, never the text, when there is nothing behind it. */
export function resolveSecret(reference: SecretReference, sources: SecretSources): Secret {
  if ('env' in reference) {
    const text = sources.env[reference.env];
    if (text === undefined || text === '') {
      throw new Error(`the environment variable ${reference.env} is not set`);
    }
    return new Secret(text);
  }
  let text: string;
  try {
    text = sources.readFile(reference.file).trim();
  } catch (cause) {
    throw new Error(`the secret file ${reference.file} cannot be read`, { cause });
  }
  if (text === '') throw new Error(`the secret file ${reference.file} is empty`);
  return new Secret(text);
}
