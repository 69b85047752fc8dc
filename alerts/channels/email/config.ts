import { z } from 'zod';
import { secretReference, sharedFields } from '../shared-config.ts';

const address = z.string().regex(/^[^@\s]+@[^@\s]+$|^.+<[^@\s]+@[^@\s]+>$/, {
  error: 'write an address: name@example.com, or Name <name@example.com>',
});

export const emailConfig = z.strictObject({
  smtp: z
    .url({ protocol: /^smtps?$/, error: 'write smtp://user@host:587, or smtps://user@host:465' })
    .describe(
      'Server and user. `smtps` speaks TLS from the first byte, `smtp` upgrades with STARTTLS.',
    ),
  password: secretReference.optional(),
  from: address,
  to: z.array(address).min(1),
  tls: z
    .enum(['required', 'opportunistic'])
    .default('required')
    .describe(
      '`opportunistic` sends in clear to a server without TLS: for a relay on the same machine.',
    ),
  ca: secretReference
    .optional()
    .describe('Certificate (PEM) of a private authority that signed that of the server.'),
  dkim: z
    .strictObject({ domain: z.string(), selector: z.string(), privateKey: secretReference })
    .optional(),
  ...sharedFields,
  minSeverity: sharedFields.minSeverity.default('info'),
});
