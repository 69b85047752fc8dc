import { existsSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';

/**
 * Honeycomb's published OpenAPI 3.1 file (docs.honeycomb.io/api/openapi-public.yaml as JSON). It is not part
 * of this project; where `HONEYCOMB_OPENAPI` names it, every request of the fake is checked against it too.
 */
export const OPENAPI_FILE = process.env.HONEYCOMB_OPENAPI ?? '';

export const hasOpenApi = OPENAPI_FILE !== '' && existsSync(OPENAPI_FILE);

/** Says what is wrong with a request by the OpenAPI file; `null`: nothing. */
export type OpenApiCheck = (method: string, path: string, body: unknown) => string | null;

interface OpenApiDocument {
  components: { schemas: Record<string, Schema> };
  paths: Record<string, Record<string, Operation>>;
}

interface Operation {
  requestBody?: { content: Record<string, { schema: Schema }> };
}

type Schema = Record<string, unknown>;

/** The plugin is CommonJS: its types and its value disagree about where the function is. */
const addFormats = addFormatsModule as unknown as (ajv: Ajv2020) => void;

export function openApiCheck(file: string): OpenApiCheck {
  const document = JSON.parse(readFileSync(file, 'utf8')) as OpenApiDocument;
  patch(document.components.schemas);
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  addFormats(ajv);
  ajv.addSchema(document, 'honeycomb');
  const templates = Object.keys(document.paths);
  return (method, path, body) => {
    const template = templates.find((each) => matches(each, path));
    const operation = template && document.paths[template]?.[method.toLowerCase()];
    if (!operation) return `${method} ${path} is not in the OpenAPI file`;
    const schema = operation.requestBody?.content['application/json']?.schema;
    if (schema === undefined) return null;
    const pointer = `honeycomb#/paths/${escapePointer(template)}/${method.toLowerCase()}/requestBody/content/application~1json/schema`;
    const validate = ajv.getSchema(pointer);
    if (validate === undefined) return `${method} ${path} has no usable schema`;
    return validate(body) ? null : ajv.errorsText(validate.errors);
  };
}

/** Defects of the file that refuse every request, or take names that only answers have. */
function patch(schemas: Record<string, Schema>): void {
  // Two branches that require nothing: every trigger matches both, which "one of" forbids.
  for (const name of ['CreateTriggerRequest', 'Recipient']) {
    const schema = schemas[name];
    if (schema?.oneOf === undefined) continue;
    schema.anyOf = schema.oneOf;
    delete schema.oneOf;
  }
  // What the server fills in cannot be required of a request.
  for (const schema of Object.values(schemas)) {
    const properties = (schema.properties ?? {}) as Record<string, Schema>;
    if (!Array.isArray(schema.required)) continue;
    schema.required = schema.required.filter((name) => properties[name]?.readOnly !== true);
  }
  const status = schemas.AnomalySignalStatus;
  if (Array.isArray(status?.enum)) {
    status.enum = status.enum.map((each) => (each === false ? 'off' : each));
  }
}

function matches(template: string, path: string): boolean {
  const pattern = template
    .split('/')
    .map((part) => (part.startsWith('{') ? '[^/]+' : part))
    .join('/');
  return new RegExp(`^${pattern}$`).test(path);
}

function escapePointer(text: string | undefined): string {
  return encodeURIComponent((text ?? '').replaceAll('~', '~0').replaceAll('/', '~1'));
}
