import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(file));
const code = tracked.filter((file) => /\.(ts|mjs|py|c|h)$/.test(file));
const text = (file: string) => readFileSync(file, 'utf8');

describe('the house', () => {
  test('has exactly five folders of code at the top', () => {
    const top = new Set(
      code.filter((file) => file.includes('/')).map((file) => file.split('/')[0]),
    );
    expect([...top].sort()).toEqual(['alerts', 'collectors', 'dashboards', 'src', 'test']);
  });

  test.each(['src', 'collectors', 'alerts', 'dashboards', 'test'])(
    '%s says what lives there',
    (folder) => {
      expect(text(`${folder}/README.md`).length).toBeGreaterThan(300);
    },
  );

  test('keeps every file at 300 lines or fewer', () => {
    const long = code
      .map((file) => [file, text(file).trimEnd().split('\n').length] as const)
      .filter(([, lines]) => lines > 300);
    expect(long).toEqual([]);
  });

  test('has no drawer for odds and ends', () => {
    const drawers = tracked.filter((file) =>
      /(^|\/)(utils?|helpers?|common|lib|misc)(\/|\.ts$)/.test(file),
    );
    expect(drawers).toEqual([]);
  });

  test('has no barrel file', () => {
    expect(tracked.filter((file) => /(^|\/)index\.ts$/.test(file))).toEqual([]);
  });

  test('replaces no module in a test', () => {
    const mock = ['vi', 'mock('].join('.');
    expect(code.filter((file) => text(file).includes(mock))).toEqual([]);
  });

  test('retries and skips no test in silence', () => {
    const silent = code.filter((file) =>
      /\b(test|it|describe)\.(only|todo)\b|\bretry: [1-9]/.test(text(file)),
    );
    expect(silent.filter((file) => !file.startsWith('test/architecture/'))).toEqual([]);
  });
});

describe('README', () => {
  const manifest = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
  const pages = tracked.filter((file) => file.endsWith('.md'));

  test('names only npm scripts that exist', () => {
    const named = pages.flatMap((page) =>
      [...text(page).matchAll(/npm run (?:-s )?([a-z:-]+)/g)].map(
        (match) => `${page}: ${match[1]}`,
      ),
    );
    const unknown = named.filter((each) => !((each.split(': ')[1] as string) in manifest.scripts));
    expect(named.length).toBeGreaterThan(3);
    expect(unknown).toEqual([]);
  });

  test('links only to files that exist', () => {
    const broken = pages.flatMap((page) =>
      [...text(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)/g)]
        .map((match) => new URL(match[1] as string, `file://${process.cwd()}/${page}`).pathname)
        .filter((target) => !existsSync(target))
        .map((target) => `${page} → ${target.slice(process.cwd().length + 1)}`),
    );
    expect(broken).toEqual([]);
  });

  test('CI runs exactly the test command that it shows', () => {
    const command = /^(npm ci && npm test)/m.exec(text('README.md'))?.[1];
    expect(command).toBe('npm ci && npm test');
    expect(
      text('.ci/run')
        .trimEnd()
        .endsWith(command as string),
    ).toBe(true);
  });
});
