import { z } from 'zod';
import { secretReference, sharedFields } from '../shared-config.ts';

export const pagerdutyConfig = z.strictObject({
  routingKey: secretReference.describe('Integration key of an Events API v2 service.'),
  url: z.url().default('https://events.pagerduty.com/v2/enqueue'),
  ...sharedFields,
  minSeverity: sharedFields.minSeverity.default('critical'),
});
