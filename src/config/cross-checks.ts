import { parseGpu } from '../core/price-book/gpu-name.ts';
import { connectionChecks } from './connection-checks.ts';
import type { CrossProblem } from './cross-problem.ts';
import { unusableNames } from './unusable-names.ts';
import { listOf, mapOf, type Written } from './written.ts';

/**
 * Settings that are valid each by itself, and together would be ignored or could not work. They are looked
 * for in the file as it was written, so that they are told together with everything else that is wrong;
 * values of the wrong type are the schema's business and passed over.
 */
export function crossChecks(written: unknown): CrossProblem[] {
  const file = mapOf(written);
  return [
    ...unusableNames(written),
    ...sharedPort(file),
    ...Object.entries(mapOf(file.endpoints)).flatMap(([name, endpoint]) =>
      endpointChecks(['endpoints', name], mapOf(endpoint)),
    ),
    ...Object.entries(mapOf(file.clients)).flatMap(([name, client]) =>
      budgetChecks(['clients', name], mapOf(client)),
    ),
    ...endpointNameChecks(file),
    ...priceChecks(listOf(file.prices)),
    ...connectionChecks(file),
  ];
}

type Path = CrossProblem['path'];

function sharedPort(file: Written): CrossProblem[] {
  const port = portOf(file.listen ?? ':8787');
  if (port === null || port === 0 || port !== portOf(mapOf(file.admin).listen ?? ':8788'))
    return [];
  const path = 'listen' in mapOf(file.admin) ? ['admin', 'listen'] : ['listen'];
  return [{ path, message: `proxy and admin cannot share port ${port}: choose another` }];
}

function portOf(address: unknown): number | null {
  const port = typeof address === 'string' ? /:(\d{1,5})$/.exec(address)?.[1] : undefined;
  return port === undefined ? null : Number(port);
}

function endpointChecks(path: Path, endpoint: Written): CrossProblem[] {
  const problems: CrossProblem[] = [];
  const add = (key: string, message: string) => problems.push({ path: [...path, key], message });
  const { gpu: written, gpuCount } = endpoint;
  const gpu = typeof written === 'string' ? parseGpu(written) : undefined;
  if (gpu === null && gpuCount !== undefined) add('gpuCount', 'would be ignored: gpu is none');
  if (gpu?.count != null && gpuCount !== undefined && gpuCount !== gpu.count) {
    add('gpuCount', `contradicts gpu: ${written}`);
  }
  if (gpu != null && endpoint.nonPreemptible === true) {
    add('nonPreemptible', 'Modal has it for CPU endpoints only; this one has a GPU');
  }
  if (endpoint.signBody !== undefined && endpoint.includeUsage === true) {
    const message =
      'changes the body after its caller may have signed it: choose signBody or includeUsage';
    add('includeUsage', message);
  }
  return [...problems, ...tokenChecks(path, endpoint), ...budgetChecks(path, endpoint)];
}

const TIME_PRICED = ['gpuCount', 'scaledownWindow', 'minContainers', 'maxInputs'];

function tokenChecks(path: Path, endpoint: Written): CrossProblem[] {
  if (endpoint.pricing !== 'tokens') return [];
  return TIME_PRICED.filter((key) => key in endpoint).map((key) => ({
    path: [...path, key],
    message: 'would be ignored: pricing is tokens, not container time',
  }));
}

function budgetChecks(path: Path, spender: Written): CrossProblem[] {
  if (!('onBudget' in spender) || 'monthlyUsd' in spender) return [];
  const message = 'needs monthlyUsd: without a budget nothing is refused and nothing told';
  return [{ path: [...path, 'onBudget'], message }];
}

/** What names an endpoint must name one that is there. */
function endpointNameChecks(file: Written): CrossProblem[] {
  const known = Object.keys(mapOf(file.endpoints));
  const triggers = mapOf(file.triggers);
  const named: { path: Path; name: unknown }[] = [
    ...listOf(mapOf(triggers.latency).operations).map((operation, index) => ({
      path: ['triggers', 'latency', 'operations', index, 'endpoint'],
      name: mapOf(operation).endpoint,
    })),
    ...listOf(triggers.compliance).flatMap((requirement, index) =>
      listOf(mapOf(requirement).endpoints).map((name, at) => ({
        path: ['triggers', 'compliance', index, 'endpoints', at],
        name,
      })),
    ),
  ];
  return named
    .filter(({ name }) => typeof name === 'string' && !known.includes(name))
    .map(({ path, name }) => ({
      path,
      message: `names no endpoint: ${name}; there are ${known.join(', ')}`,
    }));
}

function priceChecks(prices: readonly unknown[]): CrossProblem[] {
  return prices.map(mapOf).flatMap(({ resource, gpu }, index) => {
    if (resource === 'gpu' && gpu === undefined) {
      return [{ path: ['prices', index], message: 'names no gpu: which one has this price?' }];
    }
    if ((resource === 'cpu' || resource === 'memory') && gpu !== undefined) {
      const message = `would be ignored: the price of ${resource} does not depend on the GPU`;
      return [{ path: ['prices', index, 'gpu'], message }];
    }
    return [];
  });
}
