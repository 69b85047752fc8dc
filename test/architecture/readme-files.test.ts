import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(file));
const readmes = files.filter((file) => /^src\/\w+\/README\.md$/.test(file));

/** `held-body.ts`, `usage/create-tap.ts` or `src/app.ts`: each in backticks, as prose names a file. */
const namedIn = (readme: string) =>
  [...readFileSync(readme, 'utf8').matchAll(/`([\w./-]+\.(?:ts|yaml))`/g)].map(
    ([, name = '']) => name,
  );

test.each(readmes)('%s names only files that exist', (readme) => {
  const named = namedIn(readme).filter((name) => name !== 'tripmeter.yaml');
  expect(named.length).toBeGreaterThan(0);
  const gone = named.filter((name) => !files.some((file) => `/${file}`.endsWith(`/${name}`)));
  expect(gone, `renamed or removed? ${dirname(readme)} has to say so`).toEqual([]);
});

test.each(['config', 'cli', 'api', 'proxy'])('src/%s/README.md names each of its files', (name) => {
  const folder = `src/${name}`;
  const named = new Set(namedIn(`${folder}/README.md`));
  const own = files
    .filter((file) => dirname(file) === folder && file.endsWith('.ts'))
    .map((file) => file.slice(folder.length + 1));
  const unsaid = own.filter((file) => !named.has(file));
  expect(unsaid, 'say in the README what it is for').toEqual([]);
});
