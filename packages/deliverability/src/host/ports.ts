import { quoteEvidence, type Check } from '../check.ts';
import type { SmtpSeen } from '../smtp/probe.ts';

const services: Readonly<Record<number, string>> = { 25: 'smtp', 465: 'submissions', 587: 'submission' };

/** What a port of the host looks like from here. */
export function checkPort(role: 25 | 465 | 587, seen: SmtpSeen): Check {
  const what = `Port ${seen.port} (${services[role]}) of ${seen.address}`;
  const check = {
    id: `port-${role}`,
    topic: 'ports',
    source: role === 25 ? 'RFC 5321' : role === 465 ? 'RFC 8314' : 'RFC 6409',
  } as const;
  if (!seen.open) {
    const evidence = seen.problem === undefined ? [] : [quoteEvidence(seen.problem)];
    if (seen.refused) return { ...check, status: 'info', message: `${what} is closed.`, evidence };
    return {
      ...check,
      status: 'unknown',
      message: `${what} does not answer from here: it may be closed, or port ${role} may be blocked on the way (many networks do so).`,
      evidence,
      advice: `Try from another network: nc -v ${seen.address} ${seen.port}.`,
    };
  }
  const greeting = seen.greeting
    ? [quoteEvidence(`${seen.greeting.code} ${seen.greeting.lines.join(' ')}`)]
    : [];
  if (role !== 25 && !seen.tls && seen.extensions.some((extension) => extension.startsWith('AUTH'))) {
    return {
      ...check,
      status: 'fail',
      message: `${what} offers AUTH without encryption: passwords travel in clear text.`,
      evidence: seen.extensions,
      advice: 'Set smtpd_tls_auth_only = yes, and smtpd_tls_security_level = encrypt for the service.',
    };
  }
  return seen.greeting?.code === 220
    ? { ...check, status: 'pass', message: `${what} is open.`, evidence: greeting }
    : {
        ...check,
        status: 'warning',
        message: `${what} is open, but ${seen.problem ?? 'says nothing'}.`,
        evidence: greeting,
        advice: `Look at what the server says: ${role === 465 ? 'openssl s_client -connect' : 'nc'} ${seen.address}${role === 465 ? ':' : ' '}${seen.port}`,
      };
}
