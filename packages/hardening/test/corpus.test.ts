import { parameter } from '@postern/config';
import { audit, harden, profiles, rules } from '@postern/hardening';
import { applyPlan, type Finding } from '@postern/plan';
import { describeWith, missing } from '@postern/testbed';
import { expect, it, vi } from 'vitest';
import { applied, hardened, readCorpus, type CorpusHost, type TextHost } from './hosts.ts';
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

/** Only a person can decide what to do about these. */
const withoutFix = new Set([
  'domain-in-two-classes',
  'policy-service-undefined',
  'deprecated-parameter',
  'open-relay',
]);
/** What the profile mends. */
const ours = new Set(profiles['internet-mx'].rules.map(({ id }) => id).filter((id) => !withoutFix.has(id)));

const corpus = missing('corpus') === undefined ? readCorpus() : [];
const accepted = corpus.filter((each) => each.accepted);
const afterwards = new Map<CorpusHost, TextHost>();

/** With nothing known but the files; worked out once. */
function plainlyHardened(each: CorpusHost): TextHost {
  const known = afterwards.get(each) ?? hardened(each.host);
  afterwards.set(each, known);
  return known;
}

// A busy machine takes several times as long as an idle one.
vi.setConfig({ testTimeout: 240_000 });

describeWith(['corpus'], 'real configurations', () => {
  it('are more than two hundred', () => {
    expect(accepted.length).toBeGreaterThan(200);
  });

  it('are audited without a crash, each finding with a place and a fix that makes it go away, or with a reason why not', () => {
    for (const { name, host } of corpus) {
      const files = { 'main.cf': host.main, 'master.cf': host.master };
      const findings = audit(host);
      const proved = new Map<string, number>();
      for (const { rule: id, at, message, fix } of findings) {
        const told = { name, id, message };
        expect({ ...told, line: at?.line }).toEqual({ ...told, line: expect.any(Number) });
        const rule = rules.find((each) => each.id === id)!;
        expect({ ...told, helped: fix !== undefined || rule.byHand !== undefined }).toEqual({
          ...told,
          helped: true,
        });
        // A dump of all defaults has hundreds of one kind; four of them say it.
        const before = proved.get(id) ?? 0;
        proved.set(id, before + 1);
        if (!fix || before >= 4) continue;
        const { 'main.cf': main = '', 'master.cf': master = '' } = applyPlan(files, {
          target: { name, postfix: host.version },
          changes: fix,
          checks: [],
        });
        const alike = (all: readonly Finding[]): number =>
          all.filter((each) => each.rule === id && each.message === message).length;
        const left = audit({ ...host, main, master }, { rules: [rule] });
        expect({ ...told, gone: alike(left) < alike(findings) }).toEqual({ ...told, gone: true });
      }
    }
  });

  it('are hardened once and for all with nothing known but the files', () => {
    for (const each of accepted) {
      const { changes, obstacles } = harden(plainlyHardened(each), { profile: 'internet-mx' });
      expect({ name: each.name, changes, obstacles }).toEqual({
        name: each.name,
        changes: [],
        obstacles: [],
      });
    }
  });

  it('(every third) are hardened once and for all with every input, and nothing is left that the profile is responsible for', () => {
    for (const { name, host } of accepted.filter((_each, index) => index % 3 === 0)) {
      const after = hardened(host, inputs);
      const { changes, obstacles } = harden(after, inputs);
      const left = audit(after).filter(({ rule, level }) => level !== 'note' && ours.has(rule));
      expect({ name, changes, obstacles, left }).toEqual({ name, changes: [], obstacles: [], left: [] });
    }
  });

  it.each(['2.9.15', '2.11.11', '3.4.29', '3.5.0', '3.9.4', '3.11.6'])(
    'come to rest on Postfix %s too, which gets no parameter that it does not have',
    (version) => {
      // Every tenth: the versions differ in what is planned, not in how files are read.
      for (const { name, host } of readCorpus(version).filter(
        (each, index) => each.accepted && index % 10 === 0,
      )) {
        const plan = harden(host, inputs);
        const unknown = plan.changes.flatMap((change) =>
          // A name of the operator's own, such as a restriction class, is in no version.
          change.type === 'set-parameter' && parameter(change.name) && !parameter(change.name, version)
            ? [change.name]
            : [],
        );
        expect([name, unknown]).toEqual([name, []]);
        expect([name, harden(applied(host, plan), inputs).changes]).toEqual([name, []]);
      }
    },
  );
});

describeWith(['corpus', 'postconf'], 'real configurations, hardened,', () => {
  it('are read by the installed Postfix without a new complaint', () => {
    for (const each of accepted) {
      const { status, complaints } = postconf(plainlyHardened(each));
      const before = complaints.length > 0 ? postconf(each.host).complaints : [];
      const fresh = complaints.filter((line) => !before.includes(line));
      expect({ name: each.name, status, fresh }).toEqual({ name: each.name, status: 0, fresh: [] });
    }
  });
});
