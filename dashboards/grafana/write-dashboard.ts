import { writeFileSync } from 'node:fs';
import { grafanaDashboard } from './grafana-dashboard.ts';

/** Writes `tripmeter.json` beside this file, after panels have changed. */
writeFileSync(
  new URL('tripmeter.json', import.meta.url),
  `${JSON.stringify(grafanaDashboard(), null, 2)}\n`,
);
