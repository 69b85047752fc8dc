import { z } from 'zod';
import { configSchema } from './schema.ts';

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** JSON Schema of `tripmeter.yaml`, for editors. */
export function configJsonSchema(): object {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
  return { ...schema, title: 'tripmeter.yaml' };
}

/** The keys that may stand at a path. */
export function knownKeys(path: readonly PropertyKey[]): string[] {
  let nodes: JsonSchema[] = [configJsonSchema()];
  for (const step of path) nodes = nodes.flatMap((node) => childrenOf(node, String(step)));
  return nodes
    .flatMap((node) => branches(node))
    .flatMap((node) => Object.keys(node.properties ?? {}));
}

function branches(node: JsonSchema): JsonSchema[] {
  return [node, ...(node.anyOf ?? []).flatMap(branches)];
}

function childrenOf(node: JsonSchema, step: string): JsonSchema[] {
  return branches(node).flatMap((branch) => {
    const named = branch.properties?.[step];
    if (named !== undefined) return [named];
    const { additionalProperties: rest, items } = branch;
    return [...(typeof rest === 'object' ? [rest] : []), ...(items === undefined ? [] : [items])];
  });
}
