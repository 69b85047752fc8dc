import { z } from 'zod';
import { secretReference, sharedFields } from '../shared-config.ts';

export const slackConfig = z.strictObject({
  webhook: secretReference.describe('Address of an incoming webhook; it is its own password.'),
  ...sharedFields,
  minSeverity: sharedFields.minSeverity.default('info'),
});
