import { parse } from 'yaml';
import { configJsonSchema } from './known-keys.ts';

interface DefaultingSchema {
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, DefaultingSchema>>;
  readonly additionalProperties?: DefaultingSchema | boolean;
  readonly items?: DefaultingSchema;
}

/** What is shown where a secret may stand. */
const REDACTED = '[secret]';

/**
 * What a valid `tripmeter.yaml` comes to: what it says and every default, in the notation of the file. Named
 * secrets stay names; texts that may hold one (header values, passwords and keys in addresses) are redacted.
 */
export function effectiveConfig(text: string): object {
  const written: unknown = parse(text) ?? {};
  return withoutSecrets(withDefaults(written, configJsonSchema()), []) as object;
}

function withDefaults(written: unknown, schema: DefaultingSchema): unknown {
  const value = written === undefined ? schema.default : written;
  const { items, properties = {}, additionalProperties: rest } = schema;
  if (Array.isArray(value)) {
    return items === undefined ? value : value.map((item) => withDefaults(item, items));
  }
  if (!isObject(value)) return value;
  const filled = Object.entries(properties).map(
    ([key, own]) => [key, withDefaults(value[key], own)] as const,
  );
  const others = Object.entries(value)
    .filter(([key]) => !(key in properties))
    .map(([key, own]) => [key, typeof rest === 'object' ? withDefaults(own, rest) : own] as const);
  return Object.fromEntries([...filled, ...others].filter(([, own]) => own !== undefined));
}

function withoutSecrets(value: unknown, path: readonly string[]): unknown {
  if (typeof value === 'string') return shown(value, path);
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, path));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, own]) => [key, withoutSecrets(own, [...path, key])]),
  );
}

function shown(text: string, path: readonly string[]): string {
  if (path.at(-2) === 'headers') return REDACTED;
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || !URL.canParse(text)) return text;
  const url = new URL(text);
  // Of a chat's or a webhook's address the path is the key.
  const keyed = path[0] === 'channels' && url.pathname.length > 1;
  if (url.password === '' && url.search === '' && !keyed) return text;
  const password = url.password === '' ? '' : `:${REDACTED}`;
  const who = url.username === '' && password === '' ? '' : `${url.username}${password}@`;
  const where = keyed ? `/${REDACTED}` : url.pathname;
  return `${url.protocol}//${who}${url.host}${where}${url.search === '' ? '' : `?${REDACTED}`}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
