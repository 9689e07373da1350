import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const program = join(import.meta.dirname, '../src/main.ts');

it.each([
  ['spf', 'check', '--ip', '192.0.2.7', '--helo', 'mx.example.org', '--sender', 'a@example.com'],
  ['domain', 'check', 'example.com', '--no-connect'],
])('Ctrl-C ends postern %s %s while DNS is silent, with exit code 3', async (...argv) => {
  const silent = createSocket('udp4').bind(0, '127.0.0.1');
  await once(silent, 'listening');
  const server = `127.0.0.1:${silent.address().port}`;
  const child = spawn(
    process.execPath,
    ['--conditions=@postern/source', program, ...argv, '--server', server],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  try {
    const errors = text(child.stderr);
    child.stdout.resume();
    await once(silent, 'message');
    child.kill('SIGINT');
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    expect([code, signal]).toEqual([3, null]);
    expect(await errors).not.toMatch(/\n\s+at /);
  } finally {
    child.kill('SIGKILL');
    silent.close();
  }
});
