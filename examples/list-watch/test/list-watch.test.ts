import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startDnsServer } from '@postern/dns/testing';
import { expect, it } from 'vitest';

it('calls the webhook for a listed address, also when it fails at first, and ends when told', async () => {
  const place = mkdtempSync(join(tmpdir(), 'postern-watch-'));
  await using dns = await startDnsServer({
    zones: {
      '10.100.99.88.bl.example': { A: ['127.0.0.2'], TXT: [['listed for a test']] },
      '2.0.0.127.bl.example': { A: ['127.0.0.2'] },
    },
  });
  let refusals = 1;
  let told: (event: unknown) => void;
  const event = new Promise<unknown>((resolve) => (told = resolve));
  const hook = createServer((request, response) => {
    void text(request).then((body) => {
      response.statusCode = refusals-- > 0 ? 503 : 204;
      response.end();
      if (response.statusCode === 204) told(JSON.parse(body));
    });
  }).listen(0, '127.0.0.1');
  await once(hook, 'listening');
  try {
    const settings = join(place, 'settings.json');
    const { port } = hook.address() as AddressInfo;
    writeFileSync(
      settings,
      JSON.stringify({
        addresses: ['88.99.100.10', '88.99.100.11'],
        lists: ['bl.example'],
        webhook: `http://127.0.0.1:${port}/`,
        servers: [dns.server],
      }),
    );
    const child = spawn(
      process.execPath,
      [
        '--conditions=@postern/source',
        '--disable-warning=ExperimentalWarning',
        join(import.meta.dirname, '../src/main.ts'),
        settings,
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const ended = once(child, 'exit');
    expect(await event).toMatchObject({
      type: 'listed',
      subject: '88.99.100.10',
      zone: 'bl.example',
      verdict: { reason: 'listed for a test' },
    });
    child.kill();
    expect(await ended).toEqual([0, null]);
  } finally {
    hook.close();
    rmSync(place, { recursive: true });
  }
});
