import { smtp, type Lab } from '@postern/testbed';

/** What others' tools say of a host that runs in a lab. */

/** What lynis finds with its tests of mail: `warning MAIL-8818: …`, `suggestion MAIL-8820:disable_vrfy_command: …`. */
export async function lynis(
  lab: Lab,
  { mayBeDown = false }: { mayBeDown?: boolean } = {},
): Promise<string[]> {
  const report = '/var/log/lynis-report.dat';
  const { stdout, stderr } = await lab.run(
    'lynis',
    [
      ...'audit system --quick --no-colors --no-plugins --tests-from-group mail_messaging'.split(' '),
      ...`--report-file ${report} --log-file /var/log/lynis.log`.split(' '),
    ],
    // It first looks at every program on the path.
    { timeout: 120_000, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } },
  );
  const text = lab.read(report);
  // Without its Postfix tests it would have nothing to find.
  if (!mayBeDown && !/^smtp_daemon\[\]=postfix$/m.test(text))
    throw new Error(`lynis saw no Postfix\n${stdout}${stderr}`);
  return [...text.matchAll(/^(warning|suggestion)\[\]=(MAIL-[^|]*)\|([^|]*)\|/gm)].map(
    ([, kind, test, message]) => `${kind} ${test}: ${message}`,
  );
}

/** What `postfix check` says, line by line; nothing when it has no complaint. */
export async function postfixCheck(lab: Lab): Promise<{ status: number; complaints: string[] }> {
  const { status, stdout, stderr } = await lab.run('postfix', ['check']);
  return { status, complaints: (stdout + stderr).split('\n').filter((line) => line !== '') };
}

/**
 * What nmap's smtp-open-relay says: `Server doesn't seem to be an open relay, all tests failed`. It asks from the address
 * that it asks, and speaks too early for postscreen: somebody with better manners passes before it from there.
 */
export async function nmapOpenRelay(lab: Lab, address: string): Promise<string> {
  await using session = await smtp(lab, { from: address, to: address });
  await session.ehlo(lab.hostname);
  await session.quit();
  const { stdout } = await lab.run(
    'nmap',
    ['-n', '-Pn', '-p', '25', '--script', 'smtp-open-relay', '-oN', '-', address],
    { timeout: 120_000 },
  );
  const said = /^\| ?_?smtp-open-relay: (.*)$/m.exec(stdout)?.[1];
  if (said === undefined) throw new Error(`nmap said nothing of relaying\n${stdout}`);
  return said.trim();
}

/** Which protocols testssl sees on a port, by name: `offered`, `not offered`. */
export async function testsslProtocols(
  lab: Lab,
  address: string,
  port: number,
): Promise<Record<string, string>> {
  const { stdout } = await lab.run(
    'testssl',
    [
      ...'--quiet --color 0 --warnings off --nodns none --protocols'.split(' '),
      ...(port === 465 ? [] : ['--starttls', 'smtp']),
      `${address}:${port}`,
    ],
    { timeout: 120_000, env: { TERM: 'dumb' } },
  );
  const protocols = [...stdout.matchAll(/^ (SSLv2|SSLv3|TLS 1(?:\.\d)?)\s+(not offered|offered)/gm)];
  if (protocols.length < 5) throw new Error(`testssl did not finish\n${stdout}`);
  return Object.fromEntries(protocols.map(([, name, said]) => [name, said]));
}

/** What a server said to a message that swaks tried to send: the first refusal, or the reply to the whole message. */
export async function swaks(
  lab: Lab,
  mail: { readonly client: string; readonly helo: string; readonly from: string; readonly to: string },
  server: string,
): Promise<string> {
  const { stdout, stderr } = await lab.run(
    'swaks',
    [
      ...`--server ${server} --local-interface ${mail.client} --helo ${mail.helo}`.split(' '),
      ...`--from ${mail.from} --to ${mail.to} --timeout 30 --suppress-data`.split(' '),
    ],
    { timeout: 60_000 },
  );
  const refused = /^<\*\* +(.*)$/m.exec(stdout)?.[1];
  // The reply to QUIT is the last one.
  const replies = [...stdout.matchAll(/^<- +(\d{3} .*)$/gm)].map(([, reply]) => reply!);
  const said = refused ?? replies.at(-2);
  if (said === undefined) throw new Error(`swaks got no answer\n${stdout}${stderr}`);
  return said;
}
