import type { Service } from '@postern/config';
import { isSpf, policyServices, runsSpf } from '../knowledge/policy-services.ts';
import { defineMeasure, type Measure } from '../profiles/profile.ts';
import type { SpfService } from '../profiles/inputs.ts';
import type { Edit } from '../rule.ts';
import type { Subject } from '../subject/subject.ts';
import { appendBeforeEnd, listsOnPort25, missingPermits, type OwnList } from './own-list.ts';

const packaged: SpfService = { argv: '/usr/bin/policyd-spf' };

export const spfService: Measure = defineMeasure({
  id: 'spf-service',
  title: 'The sender is held against its SPF record',
  why: 'A forged sender is found out before the message is taken. It is asked right after relay control, so that nothing is looked up for mail that is refused anyway.',
  source: 'SMTPD_POLICY_README; policyd-spf(1); RFC 7208',
  versions: '>=2.1',
  plan(subject, { spf }) {
    if (spf === false) return {};
    const asked = policyServices(subject).filter(isSpf);
    const running = subject.services.find(({ service }) => runsSpf(service))?.service;
    const lost = asked.find((policy) => !policy.service && policy.socket !== undefined);
    if (spf === undefined && asked.length === 0 && !running) {
      const why = unaskedFor(subject);
      if (why)
        return { notes: [{ message: `Nothing checks SPF here as far as Postfix shows. ${why} Input: spf` }] };
    }
    if (typeof spf === 'object' && 'service' in spf) return { edits: askServer(subject, spf.service) };
    const input = spf === undefined || spf === true ? undefined : spf;
    const name = running?.name ?? lost?.socket ?? 'policy-spf';
    const elsewhere = asked.length > 0 && !lost && !running;
    // A socket of another program is that program's affair, unless somebody names one to put in its place.
    if (elsewhere && !input) return {};
    const edits: Edit[] = [];
    if (!running || (input && !sameProgram(running, input))) {
      const program = input ?? packaged;
      edits.push({ type: 'put-service', service: spawned(name, program, subject) });
      if (!input) {
        edits.push({
          type: 'install-package',
          name: { debian: 'postfix-policyd-spf-python', redhat: 'pypolicyd-spf' },
        });
      }
    }
    if (asked.length === 0) {
      const text = question(subject, `unix:private/${name}`);
      for (const own of listsOnPort25(subject, 'smtpd_recipient_restrictions')) {
        edits.push(...(afterRelayControl(subject, own, text) ?? []));
      }
    }
    return { edits };
  },
});

/** A server that runs by itself, in the place of whatever checked SPF before. */
function askServer(subject: Subject, endpoint: string): Edit[] {
  const asked = policyServices(subject);
  const text = question(subject, endpoint);
  const others = asked.filter((policy) => isSpf(policy) && policy.endpoint !== endpoint);
  const edits = [...new Set(others.map(({ list }) => list))].flatMap(
    (list) =>
      list.edit((draft) => {
        const [first, ...more] = others.filter((policy) => policy.list === list);
        draft.replace(first!.item, text);
        for (const { item } of more) draft.remove(item);
      }) ?? [],
  );
  for (const { service } of subject.services.filter((each) => runsSpf(each.service))) {
    edits.push({ type: 'remove-service', name: service.name, serviceType: service.type });
    const limit = subject.main.setting(`${service.name}_time_limit`);
    if (limit.origin === 'main') edits.push(limit.unset());
  }
  if (others.length === 0 && !asked.some((policy) => policy.endpoint === endpoint)) {
    for (const own of listsOnPort25(subject, 'smtpd_recipient_restrictions'))
      edits.push(...(afterRelayControl(subject, own, text) ?? []));
  }
  return edits;
}

/** Without an answer mail goes on; before 3.0 that cannot be said. */
function question(subject: Subject, endpoint: string): string {
  return subject.satisfies('>=3.0')
    ? `check_policy_service { ${endpoint}, default_action=DUNNO }`
    : `check_policy_service ${endpoint}`;
}

/** Why the service is not added to a host that has none unless somebody asks for it. */
function unaskedFor(subject: Subject): string | undefined {
  const filter = ['smtpd_milters', 'content_filter'].find(
    (name) => subject.main.setting(name).raw.trim() !== '',
  );
  if (filter !== undefined) return `What ${filter} names may do so.`;
  // Before 3.0 a service that does not answer, say because its program is missing, defers all mail.
  return subject.satisfies('>=3.0')
    ? undefined
    : 'Where its program is missing, this release defers all mail.';
}

function spawned(name: string, { argv, user }: SpfService, subject: Subject): Service {
  const packageUser = /^policyd-spf:/m.test(subject.file('/etc/passwd') ?? '') ? 'policyd-spf' : 'nobody';
  return {
    name,
    type: 'unix',
    unprivileged: false,
    chroot: false,
    maxproc: 0,
    command: 'spawn',
    options: [],
    arguments: [`user=${user ?? packageUser}`, ...`argv=${argv}`.split(/\s+/)],
  };
}

function sameProgram(service: Service, { argv, user }: SpfService): boolean {
  const words = service.arguments.join(' ');
  return words.endsWith(`argv=${argv}`) && (user === undefined || service.arguments.includes(`user=${user}`));
}

function afterRelayControl(subject: Subject, own: OwnList, text: string): Edit[] | undefined {
  const { list } = own;
  const stop = list.items.findLast((item) => /^(reject|defer)_unauth_destination$/.test(item.name));
  return list.edit((draft) => {
    if (stop) draft.insertAfter(stop, text);
    else {
      const permits = subject.knows('smtpd_relay_restrictions') ? missingPermits(own) : [];
      appendBeforeEnd(list, draft, [...permits, text]);
    }
  });
}
