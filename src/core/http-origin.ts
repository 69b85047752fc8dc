/** `http://host:port` of a server of ours; an IPv6 address gets its brackets. */
export function httpOrigin({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
