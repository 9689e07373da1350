import { parameter } from '@postern/config';
import { audit, harden } from '@postern/hardening';
import { describeWith } from '@postern/testbed';
import { expect, it } from 'vitest';
import { hardened, readCorpus, type CorpusHost } from './hosts.ts';
import { postconf } from './postconf.ts';

const inputs = {
  profile: 'internet-mx',
  hostname: 'mx.example.com',
  tls: { certificate: '/etc/ssl/certs/mx.pem', key: '/etc/ssl/private/mx.key' },
  sasl: { type: 'dovecot', path: 'private/auth' },
  spf: true,
  dane: true,
  ownResolver: true,
} as const;

/** What is the operator's to decide, or is wrong in the files in a way that no measure of the profile is about. */
const notOurs =
  /^(config\/|domain-in-two-classes$|policy-service-undefined$|strangers-refused$|unreachable-restriction$|deprecated-parameter$)/;

describeWith(['corpus'], 'real configurations', () => {
  const corpus = readCorpus();
  const accepted = corpus.filter((each) => each.accepted);

  it('are more than two hundred', () => {
    expect(accepted.length).toBeGreaterThan(200);
  });

  it('are audited without a crash, each finding with a place', () => {
    for (const { name, host } of corpus) {
      for (const { at, message } of audit(host))
        expect({ name, message, line: at?.line }).toEqual({ name, message, line: expect.any(Number) });
    }
  });

  it.each([
    ['with nothing known', { profile: 'internet-mx' }],
    ['with everything known', inputs],
  ] as const)('are hardened once and for all, %s', (_title, options) => {
    for (const { name, host } of accepted) {
      const after = hardened(host, options);
      const { changes, obstacles } = harden(after, options);
      expect({ name, changes, obstacles }).toEqual({ name, changes: [], obstacles: [] });
      // The others have no certificate, so that something must stay open.
      if (options !== inputs) continue;
      const left = audit(after).filter(({ rule, level }) => level !== 'note' && !notOurs.test(rule));
      expect({ name, left }).toEqual({ name, left: [] });
    }
  });

  it.each(['2.9.15', '2.11.11', '3.4.29', '3.5.0', '3.9.4', '3.11.6'])(
    'come to rest on Postfix %s too, which gets no parameter that it does not have',
    (version) => {
      // Every tenth: the versions differ in what is planned, not in how files are read.
      for (const { name, host } of readCorpus(version).filter(
        (each, index) => each.accepted && index % 10 === 0,
      )) {
        const { changes } = harden(host, inputs);
        const unknown = changes.flatMap((change) =>
          change.type === 'set-parameter' &&
          !host.main.includes(change.name) &&
          !parameter(change.name, version)
            ? [change.name]
            : [],
        );
        expect([name, unknown]).toEqual([name, []]);
        expect([name, harden(hardened(host, inputs), inputs).changes]).toEqual([name, []]);
      }
    },
  );
});

describeWith(['corpus', 'postconf'], 'real configurations, hardened,', () => {
  it('are read by the installed Postfix without a new complaint', { timeout: 120_000 }, () => {
    for (const each of readCorpus().filter(({ accepted }) => accepted))
      expect(verdict(each)).toEqual(content(each));
  });
});

function verdict({ name, host }: CorpusHost): object {
  const after = hardened(host);
  const { status, complaints } = postconf({ main: after.main, master: after.master });
  if (complaints.length === 0) return { name, status, complaints: [] };
  const before = postconf({ main: host.main, master: host.master });
  return { name, status, complaints: complaints.filter((line) => !before.complaints.includes(line)) };
}

function content({ name }: CorpusHost): object {
  return { name, status: 0, complaints: [] };
}
