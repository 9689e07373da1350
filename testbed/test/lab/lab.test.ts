import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { describeWith, startLab } from '@postern/testbed';

/** The machine's processes with exactly this command line. */
const running = (command: string): string =>
  spawnSync('pgrep', ['-xf', command], { encoding: 'utf8' }).stdout;

describeWith(['root', 'namespaces', 'ip'], 'a lab', () => {
  it('has a name and files of its own, and the machine keeps its', async () => {
    const before = readFileSync('/etc/hosts', 'utf8');
    await using lab = await startLab({ hostname: 'mx1.lab.test', addresses: ['203.0.113.25'] });
    lab.write('/etc/postern-lab', 'here\n', { mode: 0o640, age: 3600 });
    expect(
      await lab.run('sh', ['-c', 'hostname; cat /etc/postern-lab; stat -c %a /etc/postern-lab']),
    ).toEqual({
      status: 0,
      stdout: 'mx1.lab.test\nhere\n640\n',
      stderr: '',
    });
    expect(lab.read('/etc/hosts')).toContain('203.0.113.25 mx1.lab.test mx1');
    expect(hostname()).not.toBe('mx1.lab.test');
    expect(existsSync('/etc/postern-lab')).toBe(false);
    expect(readFileSync('/etc/hosts', 'utf8')).toBe(before);
  });

  it('lets clients come from any address, by IPv4 and IPv6', async () => {
    await using lab = await startLab({ addresses: ['203.0.113.25', '2001:db8::25'] });
    const server = `
      $s = IO::Socket::IP->new(Listen => 5, LocalHost => $ARGV[0], LocalPort => 2525, ReuseAddr => 1, V6Only => 1) or die $!;
      $| = 1; print "listening\\n";
      while ($c = $s->accept) { print $c $c->peerhost, " to ", $c->sockhost, "\\n"; close $c }`;
    for (const [to, from] of [
      ['203.0.113.25', '198.51.100.7'],
      ['2001:db8::25', '2001:db8:ffff::7'],
    ] as const) {
      await using _ = await lab.startDaemon('perl', ['-MIO::Socket::IP', '-e', server, to], {
        ready: (output) => output.includes('listening'),
      });
      const socket = await lab.connect({ from, to, port: 2525 });
      expect(String((await once(socket, 'data'))[0])).toBe(`${from} to ${to}\n`);
      socket.destroy();
    }
    await expect(lab.connect({ port: 2526 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('takes all of its processes with it', async () => {
    const lab = await startLab();
    await lab.run('sh', ['-c', 'sleep 98765 >/dev/null 2>&1 &']);
    expect(running('sleep 98765')).not.toBe('');
    await lab.close();
    expect(running('sleep 98765')).toBe('');
  });

  it('ends a program that outlives its limit', async () => {
    await using lab = await startLab();
    await expect(lab.run('sleep', ['300'], { timeout: 200 })).rejects.toThrow(/^sleep 300 was killed/);
    const { stdout } = await lab.run('ps', ['-eo', 'args']);
    expect(stdout).not.toContain('sleep 300');
  });

  it('keeps what its programs log', async () => {
    await using lab = await startLab();
    await lab.run('perl', [
      '-MSys::Syslog',
      '-e',
      'openlog("probe","ndelay","mail"); syslog("info","hello from the lab")',
    ]);
    await expect.poll(() => lab.read('/var/log/mail.log')).toMatch(/probe: hello from the lab\n$/);
  });
});
