import { harden, reportAudit, type AuditReport } from '@postern/hardening';
import { exampleHost, type TextHost } from '../hosts.ts';

/** The melted-down host as reports show it: before, and after the profile with all its inputs. */
export function reportedHost(host: TextHost = exampleHost): AuditReport {
  const configuration = {
    ...host,
    files: (path: string) => (path === '/etc/aliases' ? 'postmaster: root\n' : undefined),
  };
  const plan = harden(configuration, {
    profile: 'internet-mx',
    hostname: 'mail.yourdomain.no',
    tls: { certificate: '/etc/ssl/certs/mail.pem', key: '/etc/ssl/private/mail.key' },
    sasl: { type: 'cyrus' },
    ownResolver: true,
    spf: true,
  });
  return reportAudit(configuration, { plan, planName: 'internet-mx', target: 'mail.yourdomain.no' });
}
