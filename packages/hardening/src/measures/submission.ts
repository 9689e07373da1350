import type { Service } from '@postern/config';
import { certificateOf, tlsPolicy } from '../knowledge/server-tls.ts';
import { defineMeasure, type Measure } from '../profiles/profile.ts';
import type { Edit } from '../rule.ts';
import type { SmtpServer, Subject } from '../subject/subject.ts';

export const submission: Measure = defineMeasure({
  id: 'submission',
  title: 'Users log in on 587 and 465, over TLS only',
  why: 'The checks for strangers and the guessing of passwords are on port 25; users get ports of their own, where nothing is said before TLS.',
  source: 'RFC 6409; RFC 8314 section 3; master.cf of the Postfix distribution',
  versions: '>=2.3',
  plan(subject, { sasl, tls }) {
    const { main } = subject;
    const wantsAuth =
      sasl !== undefined || subject.servers.some((server) => server.isOn('smtpd_sasl_auth_enable'));
    if (!wantsAuth) {
      return {
        notes: [{ message: 'No user can log in here, so no submission service is planned. Input: sasl' }],
      };
    }
    if (!tls && certificateOf(main) === undefined) {
      return { notes: [{ message: 'Submission needs a certificate, and none is configured. Input: tls' }] };
    }
    const edits: Edit[] = [];
    if (sasl) {
      const type = main.setting('smtpd_sasl_type');
      if (type.value !== sasl.type) edits.push(type.set(sasl.type));
      const path = main.setting('smtpd_sasl_path');
      if (sasl.path !== undefined && path.value !== sasl.path) edits.push(path.set(sasl.path));
    }
    const open = subject.servers.filter(({ loopback }) => !loopback);
    for (const role of ['submission', 'submissions'] as const) {
      const servers = open.filter((server) => server.role === role);
      if (servers.length === 0) edits.push({ type: 'put-service', service: newService(subject, role) });
      for (const server of servers) edits.push(...mended(server));
    }
    return { edits };
  },
});

/** What an existing submission service lacks. Everything else that the operator gave it stays. */
function mended(server: SmtpServer): Edit[] {
  const { service } = server;
  if (!service) return [];
  const option = (name: string, value: string): Edit => ({
    type: 'set-service-option',
    name: service.name,
    serviceType: service.type,
    option: name,
    value,
  });
  return [
    ...(server.isOn('smtpd_sasl_auth_enable') ? [] : [option('smtpd_sasl_auth_enable', 'yes')]),
    ...(tlsPolicy(server) === 'required' ? [] : [option('smtpd_tls_security_level', 'encrypt')]),
  ];
}

function newService(subject: Subject, role: 'submission' | 'submissions'): Service {
  const door = subject.servers.find((server) => server.role === 'mx')?.service;
  const relay = subject.knows('smtpd_relay_restrictions')
    ? [
        { name: 'smtpd_recipient_restrictions', value: '' },
        { name: 'smtpd_relay_restrictions', value: 'permit_sasl_authenticated,reject' },
      ]
    : [{ name: 'smtpd_recipient_restrictions', value: 'permit_sasl_authenticated,reject' }];
  return {
    // The name that /etc/services gave to port 465 when the release was new.
    name: role === 'submissions' && !subject.satisfies('>=3.7') ? 'smtps' : role,
    type: 'inet',
    private: false,
    ...(door?.chroot !== undefined && { chroot: door.chroot }),
    command: 'smtpd',
    options: [
      { name: 'syslog_name', value: `postfix/${role}` },
      role === 'submission'
        ? { name: 'smtpd_tls_security_level', value: 'encrypt' }
        : { name: 'smtpd_tls_wrappermode', value: 'yes' },
      { name: 'smtpd_sasl_auth_enable', value: 'yes' },
      { name: 'smtpd_tls_auth_only', value: 'yes' },
      { name: 'smtpd_client_restrictions', value: '' },
      { name: 'smtpd_helo_restrictions', value: '' },
      { name: 'smtpd_sender_restrictions', value: '' },
      ...relay,
      { name: 'milter_macro_daemon_name', value: 'ORIGINATING' },
    ],
    arguments: [],
  };
}
