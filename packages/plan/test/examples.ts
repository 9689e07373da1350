import type { Service } from '@postern/config';
import fc from 'fast-check';
import type { Change, Files, Plan, Reason } from '@postern/plan';

export const because: Reason = { why: 'It is safer so.', source: 'postconf(5)', versions: '>=2.0' };

export function planOf(...changes: readonly Change[]): Plan {
  return { target: { name: 'mx.example.com', postfix: '3.7.11' }, changes, checks: [] };
}

export function setParameter(name: string, value: string, reason: Reason = because): Change {
  return { type: 'set-parameter', name, value, because: reason };
}

export function service(name: string, extra: Partial<Service> = {}): Service {
  return { name, type: 'unix', chroot: false, command: 'smtpd', options: [], arguments: [], ...extra };
}

/** Few names and values, so that generated changes meet each other. */
const parameterName = fc.constantFrom(
  'myhostname',
  'relayhost',
  'smtpd_relay_restrictions',
  'smtpd_recipient_restrictions',
  'mua_restrictions',
);
const value = fc.constantFrom(
  '',
  'a',
  'b c',
  'permit_mynetworks, reject',
  '\n    permit_mynetworks,\n    reject_unauth_destination',
  '$mua_restrictions',
);
const lineValue = fc.constantFrom('', 'a', 'b c', '$mua_restrictions', 'permit,reject');
const serviceName = fc.constantFrom('smtp', 'policy', 'submission');
const serviceType = fc.constantFrom('inet' as const, 'unix' as const);
const path = fc.constantFrom('transport', 'maps/access', 'sasl_passwd');
const reason = fc.record<Reason>({
  why: fc.constantFrom('Because.', 'For speed.', 'For safety.'),
  source: fc.constantFrom('postconf(5)', 'RFC 5321'),
  versions: fc.constantFrom('all', '>=3.0'),
});

const aService = fc.record<Service>(
  {
    name: serviceName,
    type: serviceType,
    private: fc.constant(false),
    chroot: fc.boolean(),
    maxproc: fc.nat(200),
    command: fc.constantFrom('smtpd', 'spawn'),
    options: fc.uniqueArray(fc.record({ name: parameterName, value: lineValue }), {
      selector: ({ name }) => name,
    }),
    arguments: fc.constantFrom([], ['user=nobody', 'argv=/bin/true']),
  },
  { requiredKeys: ['name', 'type', 'command', 'options', 'arguments'] },
);

/** Any change that can be made to files. */
const fileChange: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ type: fc.constant('set-parameter' as const), name: parameterName, value, because: reason }),
  fc.record({ type: fc.constant('remove-parameter' as const), name: parameterName, because: reason }),
  fc.record({ type: fc.constant('put-service' as const), service: aService, because: reason }),
  fc.record({
    type: fc.constant('remove-service' as const),
    name: serviceName,
    serviceType,
    because: reason,
  }),
  fc.record({
    type: fc.constant('set-service-option' as const),
    name: fc.constant('smtp'),
    serviceType: fc.constant('inet' as const),
    option: parameterName,
    value: fc.option(lineValue),
    because: reason,
  }),
  fc.record(
    {
      type: fc.constant('put-file' as const),
      path,
      content: fc.string(),
      mode: fc.constantFrom(0o600, 0o644),
      because: reason,
    },
    { requiredKeys: ['type', 'path', 'content', 'because'] },
  ),
  fc.record({ type: fc.constant('remove-file' as const), path, because: reason }),
);

export const anyChange: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fileChange },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('set-sysctl' as const),
      key: fc.constantFrom('net.core.somaxconn', 'vm.swappiness'),
      value: fc.constantFrom('1', '4096'),
      because: reason,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('install-package' as const),
      name: fc.constantFrom(
        { debian: 'postfix-pcre' },
        { debian: 'ca-certificates', redhat: 'ca-certificates' },
      ),
      because: reason,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.record({
        type: fc.constant('postfix-action' as const),
        action: fc.constantFrom('reload' as const, 'restart' as const),
        because: reason,
      }),
      fc.record({
        type: fc.constant('postfix-action' as const),
        action: fc.constant('postmap' as const),
        table: fc.constantFrom('lmdb:/etc/postfix/transport', 'hash:sasl_passwd'),
        because: reason,
      }),
    ),
  },
);

/** Every service that a set-service-option in a generated plan may need is in these files, and stays: see `fits`. */
export const someFiles: fc.Arbitrary<Files> = fc
  .record({
    lines: fc.array(
      fc.constantFrom(
        'myhostname = mx.example.com',
        'relayhost=',
        '# a comment',
        '',
        'smtpd_recipient_restrictions =\n    permit_mynetworks,\n# inside\n    reject_unauth_destination',
        'mua_restrictions = a\n b',
        'relayhost = second',
      ),
    ),
    services: fc.array(
      fc.constantFrom(
        'policy unix - n n - 0 spawn\n  user=nobody argv=/bin/true',
        'submission inet n - y - - smtpd\n  -o smtpd_relay_restrictions=reject\n# inside\n  -o relayhost=',
        '# comment',
        '',
      ),
    ),
    newline: fc.constantFrom('\n', '\r\n'),
    end: fc.boolean(),
    transport: fc.option(fc.constantFrom('example.org smtp:\n', ''), { nil: undefined }),
  })
  .map(({ lines, services, newline, end, transport }) => {
    const text = (parts: readonly string[]): string =>
      parts.join('\n').replaceAll('\n', newline) + (end ? newline : '');
    const files = { 'main.cf': text(lines), 'master.cf': text(['smtp inet n - y - - smtpd', ...services]) };
    return transport === undefined ? files : { ...files, transport };
  });

/** A plan in which nothing is done to a service after it was taken out. */
export function planArbitrary(change: fc.Arbitrary<Change> = fileChange): fc.Arbitrary<Plan> {
  return fc.array(change, { maxLength: 8 }).map((changes) => planOf(...changes.filter(fits)));
}

function fits(change: Change): boolean {
  return !(change.type === 'remove-service' && change.name === 'smtp' && change.serviceType === 'inet');
}
