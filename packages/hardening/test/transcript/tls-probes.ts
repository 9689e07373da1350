import type { SecureVersion } from 'node:tls';
import { smtp, type Lab } from '@postern/testbed';
import type { Probe, Verdict } from './probe.ts';
import { host, partner } from './scene.ts';

/** Both must be refused, by the server: our side is ready for them. */
const old: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1'];
const current: readonly SecureVersion[] = ['TLSv1.2', 'TLSv1.3'];

export const tlsProbes: readonly Probe[] = [
  ...old.map((version) => ({
    title: `${spelled(version)} is refused`,
    lists: 'well' as const,
    async examine({ lab }: { lab: Lab }): Promise<Verdict> {
      const said = await shakeHands(lab, version);
      return { right: said.startsWith('refused by the server'), said };
    },
  })),
  ...current.map((version) => ({
    title: `${spelled(version)} is offered`,
    lists: 'well' as const,
    async examine({ lab }: { lab: Lab }): Promise<Verdict> {
      const said = await shakeHands(lab, version);
      return { right: said === 'agreed', said };
    },
  })),
];

/** Offers one version of TLS and no other, with every cipher that OpenSSL still has. */
async function shakeHands(lab: Lab, version: SecureVersion): Promise<string> {
  await using session = await smtp(lab, { from: partner.address, to: host.address });
  await session.ehlo(partner.name);
  try {
    const { reply, protocol } = await session.starttls({
      minVersion: version,
      maxVersion: version,
      ciphers: 'ALL:@SECLEVEL=0',
    });
    if (reply.code !== 220) return `no STARTTLS: ${reply.code} ${reply.enhanced ?? ''}`.trimEnd();
    return protocol === version ? 'agreed' : `${protocol} instead`;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    // An alert is what the other side sends; our own refusal would have another code.
    return /ALERT_PROTOCOL_VERSION|ALERT_HANDSHAKE_FAILURE/.test(code)
      ? 'refused by the server: alert'
      : `failed: ${code || String(error)}`;
  }
}

function spelled(version: SecureVersion): string {
  return version === 'TLSv1' ? 'TLS 1.0' : version.replace('TLSv', 'TLS ');
}
