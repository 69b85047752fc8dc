/// <reference lib="dom" />
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ServedProcess } from '../../support/app/served-process.ts';
import { findChromium } from '../../support/browser/find-chromium.ts';

const executablePath = findChromium();
if (executablePath === null) {
  console.error(
    '\n!!! NO CHROMIUM: the pages are not looked at in a browser. Install chromium, or set $CHROMIUM.\n',
  );
}
const PAGES = ['/', '/spend', '/spend?by=client', '/notices', '/notices/none', '/reports'];

let upstream: Server;
let served: ServedProcess;
let adminUrl: string;

beforeAll(async () => {
  upstream = createServer((request, response) => {
    request.resume();
    response.end('{"model":"m","usage":{"prompt_tokens":3,"completion_tokens":5}}');
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  served = new ServedProcess({
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    dataDir: './data',
    endpoints: { chat: { upstream: `http://127.0.0.1:${port}`, gpu: 'A100-80GB' } },
  });
  const urls = await served.serve();
  adminUrl = urls.adminUrl;
  await (await fetch(`${urls.proxyUrl}/chat/`, { method: 'POST', body: '{}' })).text();
});
afterAll(async () => {
  await served.close();
  upstream.close();
});

describe('the pages of the admin port', () => {
  test('say what the API says, and lead to each other', async () => {
    const overview = await (await fetch(adminUrl)).text();
    for (const text of ['Stay on Modal', 'Migration triggers', 'residency', 'href="/spend"']) {
      expect(overview).toContain(text);
    }
    const spend = await (await fetch(`${adminUrl}/spend?by=client`)).text();
    for (const text of ['By endpoint', '>operation</a>', '$0.00']) expect(spend).toContain(text);
    const wrong = await fetch(`${adminUrl}/spend?month=soon`);
    expect(wrong.status).toBe(400);
    expect(await wrong.text()).toContain('soon');
  });

  test.each(PAGES)('%s runs nothing and loads nothing, whatever a request says', async (path) => {
    const response = await fetch(`${adminUrl}${path}`);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await response.text()).not.toContain('<script');
  });
});

describe.skipIf(executablePath === null)('the pages in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: executablePath ?? '',
      args: ['--no-sandbox'],
    });
  });
  afterAll(() => browser.close());

  test.each(
    PAGES.flatMap((path) => [
      { path, width: 1_000, scheme: 'light' as const },
      { path, width: 375, scheme: 'dark' as const },
    ]),
  )('$path fits $width pixels in $scheme colours', async ({ path, width, scheme }) => {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
    const problems: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    await page.goto(`${adminUrl}${path}`);
    const scroll = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(scroll).toBeLessThanOrEqual(width);
    expect(problems.filter((text) => !text.includes('404'))).toEqual([]);
    await page.close();
  });
});
