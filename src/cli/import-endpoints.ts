import { usageError } from './cli-error.ts';

/** The configured endpoint to which requests of a file's endpoint go. */
export type EndpointNames = (inFile: string) => string;

/**
 * What `--endpoint` says, given once or more: `NAME` takes every request that nothing else takes, `OLD=NEW`
 * those that the file has under `OLD`.
 * @throws CliError when a name is not configured, or when two say what becomes of the same requests.
 */
export function endpointNames(
  given: readonly string[],
  configured: ReadonlySet<string>,
): EndpointNames {
  const renamed = new Map<string | null, string>();
  for (const text of given) {
    const at = text.lastIndexOf('=');
    const from = at === -1 ? null : text.slice(0, at);
    const to = text.slice(at + 1);
    if (!configured.has(to)) {
      throw usageError(
        `no endpoint is called ${JSON.stringify(to)}; there are: ${listOf(configured)}`,
      );
    }
    if (renamed.has(from)) {
      const whose = from === null ? 'all requests' : `those of ${from}`;
      throw usageError(`--endpoint says twice where ${whose} go: leave one out`);
    }
    renamed.set(from, to);
  }
  const others = renamed.get(null);
  return (inFile) => renamed.get(inFile) ?? others ?? inFile;
}

/** For a file that names no endpoints: the names that its reader gives mean nothing to the configuration. */
export function unplacedText(
  unknown: ReadonlySet<string>,
  configured: ReadonlySet<string>,
): string {
  const [first = ''] = unknown;
  const [example = 'NAME'] = configured;
  return (
    `the file names no endpoints, and the configuration has none called ${listOf(unknown)}; nothing is stored. ` +
    `Say where its requests belong: --endpoint ${example} for all, or --endpoint ${first}=${example} for a part ` +
    `(there are: ${listOf(configured)})`
  );
}

function listOf(names: ReadonlySet<string>): string {
  return [...names].join(', ');
}
