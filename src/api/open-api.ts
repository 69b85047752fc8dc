import { z } from 'zod';
import type { Route } from './route.ts';

/** OpenAPI 3.1 description of the admin API, made from the routes that are really served. */
export function openApiDocument(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const each of routes) {
    const path = each.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [each.method.toLowerCase()]: operation(each, path) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'tripmeter admin API',
      version,
      description:
        'Amounts are decimal strings of US dollars, instants ISO 8601 in UTC, unknown is null.',
    },
    paths,
  };
}

function operation(each: Route, path: string): object {
  return {
    summary: each.summary,
    parameters: [...pathParameters(path), ...queryParameters(each.query)],
    ...(each.body === undefined
      ? {}
      : { requestBody: { required: true, content: jsonContent(each.body, 'input') } }),
    responses: {
      200: { description: each.summary, content: jsonContent(each.response) },
      400: { description: 'The request is not understood; the answer says which part and why.' },
    },
  };
}

function pathParameters(path: string): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => ({
    name: match[1],
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(query: z.ZodType): object[] {
  const schema = z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, { description?: string }>;
    required?: string[];
  };
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    in: 'query',
    required: schema.required?.includes(name) ?? false,
    ...(property.description === undefined ? {} : { description: property.description }),
    schema: property,
  }));
}

function jsonContent(schema: z.ZodType, io: 'input' | 'output' = 'output'): object {
  return { 'application/json': { schema: z.toJSONSchema(schema, { io, unrepresentable: 'any' }) } };
}
