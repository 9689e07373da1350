import type { Settings } from '../../host/settings.ts';
import { byParameter, type Conversation } from '../conversation.ts';

/** What the service makes of TLS. */
export interface TlsUse {
  /** TLS begins with the connection. */
  readonly wrapped: boolean;
  readonly offered: boolean;
  /** The parameter that demands it; undefined where clients need not encrypt. */
  readonly enforcedBy: string | undefined;
}

const known = new WeakMap<Settings, TlsUse>();

export function tlsUse(settings: Settings): TlsUse {
  let use = known.get(settings);
  if (!use) known.set(settings, (use = readTlsUse(settings)));
  return use;
}

function readTlsUse(settings: Settings): TlsUse {
  const level = settings.text('smtpd_tls_security_level').toLowerCase();
  const enforcedBy =
    level === 'encrypt'
      ? 'smtpd_tls_security_level'
      : level === '' && settings.flag('smtpd_enforce_tls')
        ? 'smtpd_enforce_tls'
        : undefined;
  return {
    wrapped: settings.flag('smtpd_tls_wrappermode'),
    offered: enforcedBy !== undefined || level === 'may' || (level === '' && settings.flag('smtpd_use_tls')),
    enforcedBy,
  };
}

/** Refuses a command that comes before STARTTLS where TLS is enforced. */
export function requireTls(talk: Conversation, argument: string): void {
  const { run } = talk;
  const { enforcedBy } = tlsUse(run.host.settings);
  if (run.encrypted || enforcedBy === undefined) return;
  talk.refuse(argument, byParameter(run, enforcedBy, 530, '5.7.0', 'Must issue a STARTTLS command first'));
}

/** Refuses a command that comes before the greeting where one is required. */
export function requireGreeting(talk: Conversation, enhanced = '5.5.1'): void {
  const { run } = talk;
  if (run.heloName !== undefined || !run.host.settings.flag('smtpd_helo_required')) return;
  talk.refuse('', byParameter(run, 'smtpd_helo_required', 503, enhanced, 'Error: send HELO/EHLO first'));
}
