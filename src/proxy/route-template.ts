const ID = '{id}';
/** A number, a UUID, long hexadecimal, a ULID, or a prefixed id such as `thread_abc123…` and `fc-01K…`. */
const SEGMENT = new RegExp(
  `^(?:${[
    '\\d+',
    '[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}',
    '[0-9a-fA-F]{16,}',
    '[0-9A-HJKMNP-TV-Z]{26}',
    '[a-z]{1,12}[_-][0-9A-Za-z]{16,}',
  ].join('|')})$`,
);
const DIGIT = /\d/;
/** A segment that is all digits, or as long as the shortest other id: most paths have neither. */
const PERHAPS = /(?:^|\/)\d+(?:\/|$)|[^/]{16}/;

/**
 * The route that a path belongs to: a segment that is an id reads `{id}`, so that as many paths are recorded as the
 * service has routes, not as many as it has objects.
 */
export function routeOf(path: string): string {
  if (!PERHAPS.test(path)) return path;
  return path
    .split('/')
    .map((segment) => (DIGIT.test(segment) && SEGMENT.test(segment) ? ID : segment))
    .join('/');
}
