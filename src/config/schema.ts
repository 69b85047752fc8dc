import { z } from 'zod';
import { decideArea } from './areas/decide.ts';
import { clientsArea, endpointsArea } from './areas/endpoints.ts';
import { outsideArea } from './areas/outside.ts';
import { serverArea } from './areas/server.ts';

/** Everything that `tripmeter.yaml` may say. */
export const configSchema = z.strictObject({
  ...serverArea,
  ...endpointsArea,
  ...clientsArea,
  ...decideArea,
  ...outsideArea,
});

export type ParsedConfig = z.output<typeof configSchema>;
