import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

const source = join(import.meta.dirname, '../src');

const request = (attributes: Record<string, string>): string =>
  `request=smtpd_access_policy\nprotocol_state=RCPT\n${Object.entries(attributes)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')}\n`;

it('answers smtpd over TCP as its rule says, and ends when it is told to', async () => {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@postern/source',
      '--disable-warning=ExperimentalWarning',
      join(source, 'main.ts'),
      '127.0.0.1:0',
    ],
    { stdio: ['ignore', 'inherit', 'pipe'] },
  );
  const ended = once(child, 'exit');
  try {
    let port = 0;
    const lines = createInterface({ input: child.stderr });
    for await (const line of lines) {
      const { message, listen } = JSON.parse(line) as { message: string; listen?: { port: number } };
      if (message !== 'listening') continue;
      port = listen!.port;
      break;
    }
    const socket = connect(port, '127.0.0.1');
    socket.end(
      request({ sender: 'stranger@example.com', recipient: 'staff@example.org' }) +
        request({ sender: 'ola@partner.example', recipient: 'Staff@example.org', instance: 'a' }) +
        request({ sender: '', recipient: 'staff@example.org', sasl_username: 'kari', instance: 'b' }) +
        request({ sender: 'stranger@example.com', recipient: 'info@example.org' }),
    );
    expect((await text(socket)).trimEnd().split('\n\n')).toEqual([
      'action=550 5.7.1 Only members may write to staff@example.org',
      'action=PREPEND X-Members-Only: Staff@example.org',
      'action=PREPEND X-Members-Only: staff@example.org',
      'action=DUNNO',
    ]);
  } finally {
    child.stderr.resume();
    child.kill();
  }
  expect(await ended).toEqual([0, null]);
});

it('is a handler of fewer than sixty lines', () => {
  expect(readFileSync(join(source, 'members-only.ts'), 'utf8').split('\n').length).toBeLessThan(60);
});
