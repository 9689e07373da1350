import { parseDuration } from '@postern/config';
import type { Change, Plan, Reason } from '@postern/plan';
import { validationHoles, type Cause } from './causes.ts';
import type { MailSettings } from './settings.ts';

/** Deferred messages from which on the retries alone keep a disk busy. */
const melting = 5000;

/**
 * The plan that stops what fills the queue: recipients are checked before their mail is taken, an account that was
 * taken over is refused, a dead destination gets a lane of its own; and while the queue is long, it is tried less often.
 *
 * @see POSTFIX QSHAPE_README, ADDRESS_VERIFICATION_README; docs/guide/queue.md
 */
export function remedyPlan(
  host: string,
  settings: MailSettings,
  causes: readonly Cause[],
  deferred: number,
): Plan {
  const changes = [
    ...causes.flatMap((cause) => remedies(cause, settings)),
    ...(deferred >= melting ? relief(settings, causes) : []),
  ];
  return {
    target: { name: host, postfix: settings.version },
    changes,
    checks:
      changes.length === 0
        ? []
        : [
            { id: 'greeting', description: 'Port 25 greets' },
            { id: 'no-relay', description: 'Strangers cannot relay' },
          ],
  };
}

function remedies(cause: Cause, settings: MailSettings): Change[] {
  switch (cause.id) {
    case 'accepts-unknown-recipients':
      return validationHoles(settings).flatMap(({ id }): Change[] => {
        if (id === 'unlisted') return [set('smtpd_reject_unlisted_recipient', 'yes', validate)];
        if (id === 'local')
          return [{ type: 'remove-parameter', name: 'local_recipient_maps', because: validate }];
        return verifyRecipients(settings);
      });
    case 'compromised-account':
      return refuseAccount(cause, settings);
    case 'dead-destination':
      return slowLane(cause, settings);
    case 'filter-down':
      return [];
  }
}

const validate: Reason = {
  why: 'A recipient that is not there is refused while the sender is still connected, so that nobody else gets a bounce.',
  source: 'postconf(5) smtpd_reject_unlisted_recipient, local_recipient_maps; BACKSCATTER_README',
  versions: 'all',
};

function verifyRecipients({ raw }: MailSettings): Change[] {
  const because: Reason = {
    why: 'relay_recipient_maps has no list, so the server behind is asked whether a recipient is there before its mail is taken.',
    source: 'ADDRESS_VERIFICATION_README',
    versions: '>=2.1',
  };
  const before = raw.get('smtpd_recipient_restrictions')?.trim();
  return [
    set(
      'smtpd_recipient_restrictions',
      before
        ? `${before}, reject_unverified_recipient`
        : 'reject_unauth_destination, reject_unverified_recipient',
      because,
    ),
    set('unverified_recipient_reject_code', '550', because),
  ];
}

function refuseAccount({ about = '', signs }: Cause, { raw, version }: MailSettings): Change[] {
  // Both come from strangers in the end: nothing that means something in main.cf gets in.
  if (!/^[A-Za-z0-9._@+-]+$/.test(about) || /^[12]\./.test(version)) return [];
  const check = signs.some((sign) => sign.startsWith('they were sent by a login'))
    ? 'check_sasl_access'
    : 'check_sender_access';
  const before = raw.get('smtpd_sender_restrictions')?.trim();
  const refusal = `${check} inline:{ { ${about} = REJECT This account is locked; ask your postmaster } }`;
  return [
    set('smtpd_sender_restrictions', before ? `${refusal}, ${before}` : refusal, {
      why: `${about} sends to very many strangers. It is refused until its password was changed; roll this back then.`,
      source: 'postconf(5) check_sasl_access; DATABASE_README, inline',
      versions: '>=3.0',
    }),
  ];
}

function slowLane({ about = '' }: Cause, { raw, version }: MailSettings): Change[] {
  if (!/^[A-Za-z0-9.-]+$/.test(about) || /^[12]\./.test(version)) return [];
  const because: Reason = {
    why: `${about} does not answer. Its mail gets a lane of its own with a short wait, so that it does not hold up everybody else's.`,
    source: 'QSHAPE_README, example 3; TUNING_README; transport(5)',
    versions: '>=3.0',
  };
  const before = raw.get('transport_maps')?.trim();
  const lane = `inline:{ { ${about} = slow: } }`;
  return [
    {
      type: 'put-service',
      service: {
        name: 'slow',
        type: 'unix',
        chroot: true,
        maxproc: 5,
        command: 'smtp',
        options: [{ name: 'smtp_connect_timeout', value: '5s' }],
        arguments: [],
      },
      because,
    },
    set('slow_destination_concurrency_limit', '2', because),
    set('transport_maps', before ? `${lane}, ${before}` : lane, because),
  ];
}

/** Fewer tries while the queue is long. queue_run_delay ≤ minimal_backoff_time ≤ maximal_backoff_time holds. */
function relief({ expanded }: MailSettings, causes: readonly Cause[]): Change[] {
  const seconds = (name: string): number => parseDuration(expanded.get(name) ?? '', 's') ?? Number.NaN;
  const why: Reason = {
    why: 'Each try of a deferred message costs the disk a commit, and there are very many. Roll this back when the queue is short again.',
    source: 'QSHAPE_README; postconf(5) minimal_backoff_time',
    versions: 'all',
  };
  const changes: Change[] = [];
  const target = Math.max(1000, seconds('queue_run_delay') || 0);
  if (seconds('minimal_backoff_time') < target) changes.push(set('minimal_backoff_time', `${target}s`, why));
  if (seconds('maximal_backoff_time') < target) changes.push(set('maximal_backoff_time', `${target}s`, why));
  if (
    causes.some(({ id }) => id === 'accepts-unknown-recipients') &&
    seconds('bounce_queue_lifetime') > 86_400
  ) {
    changes.push(
      set('bounce_queue_lifetime', '1d', {
        ...why,
        why: 'Bounces that nobody takes are given up after a day instead of five. Roll this back when the queue is short again.',
      }),
    );
  }
  return changes;
}

function set(name: string, value: string, because: Reason): Change {
  return { type: 'set-parameter', name, value, because };
}
