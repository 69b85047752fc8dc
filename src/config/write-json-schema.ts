import { mkdirSync, writeFileSync } from 'node:fs';
import { configJsonSchema } from './known-keys.ts';

/** `npm run schema`: writes the JSON Schema that editors use. A test says when it is out of date. */
mkdirSync('schema', { recursive: true });
writeFileSync('schema/tripmeter.schema.json', `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
