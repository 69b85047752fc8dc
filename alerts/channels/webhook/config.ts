import { z } from 'zod';
import { secretReference, sharedFields } from '../shared-config.ts';

export const webhookConfig = z.strictObject({
  url: z.union([z.url(), secretReference]).describe('Where to post.'),
  secret: secretReference.describe(
    'Signing secret, `whsec_` and base64, as Standard Webhooks has it.',
  ),
  ...sharedFields,
  minSeverity: sharedFields.minSeverity.default('info'),
});
