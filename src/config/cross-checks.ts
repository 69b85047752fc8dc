import type { ParsedConfig } from './schema.ts';

export interface CrossProblem {
  readonly path: readonly string[];
  readonly message: string;
}

/** Combinations that parse, and that would be ignored or could not work. */
export function crossChecks(config: ParsedConfig): CrossProblem[] {
  return [
    ...sharedPort(config),
    ...Object.entries(config.endpoints).flatMap(([name, endpoint]) =>
      endpointProblems(['endpoints', name], endpoint),
    ),
    ...Object.entries(config.clients).flatMap(([name, client]) =>
      client.onBudget === 'refuse' && client.monthlyUsd === undefined
        ? [
            {
              path: ['clients', name, 'onBudget'],
              message: 'needs monthlyUsd: without a budget nothing is refused',
            },
          ]
        : [],
    ),
    ...coveredEndpoints(config),
  ];
}

function sharedPort({ listen, admin }: ParsedConfig): CrossProblem[] {
  if (listen.port === 0 || listen.port !== admin.listen.port) return [];
  return [
    { path: ['admin', 'listen'], message: `is the proxy's port ${listen.port}: choose another` },
  ];
}

function endpointProblems(
  path: readonly string[],
  endpoint: ParsedConfig['endpoints'][string],
): CrossProblem[] {
  const problems: CrossProblem[] = [];
  const counted = /:\s*(\d+)$/.exec(endpoint.gpu)?.[1];
  if (
    counted !== undefined &&
    endpoint.gpuCount !== undefined &&
    Number(counted) !== endpoint.gpuCount
  ) {
    problems.push({ path: [...path, 'gpuCount'], message: `contradicts gpu: ${endpoint.gpu}` });
  }
  if (endpoint.gpu === 'none' && endpoint.gpuCount !== undefined) {
    problems.push({ path: [...path, 'gpuCount'], message: 'would be ignored: gpu is none' });
  }
  if (endpoint.signBody !== undefined && endpoint.includeUsage) {
    problems.push({
      path: [...path, 'includeUsage'],
      message:
        'changes the body after its caller may have signed it: choose signBody or includeUsage',
    });
  }
  return problems;
}

function coveredEndpoints(config: ParsedConfig): CrossProblem[] {
  const known = Object.keys(config.endpoints);
  return config.triggers.compliance.flatMap((requirement, index) =>
    (requirement.endpoints ?? [])
      .filter((name) => !known.includes(name))
      .map((name) => ({
        path: ['triggers', 'compliance', String(index), 'endpoints'],
        message: `names no endpoint: ${name}; there are ${known.join(', ')}`,
      })),
  );
}
