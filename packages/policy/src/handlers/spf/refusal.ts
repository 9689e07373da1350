import type { SpfResult, SpfVerdict } from '@postern/spf';
import type { Action } from '../../protocol/action.ts';
import type { HeloRefuse, SpfHandlerOptions, SpfSettings } from './options.ts';

/** What is remembered of a check. */
export type KeptResult = Pick<
  SpfResult,
  'result' | 'identity' | 'domain' | 'explanation' | 'error' | 'header' | 'authenticationResults'
> & { readonly sendsNoMail: boolean };

/** What a result comes to for one identity: a refusal, what smtpd is told of a pass, or nothing. */
export function actionFor(
  result: KeptResult,
  sender: string,
  settings: SpfSettings,
  options: Pick<SpfHandlerOptions, 'enhancedCodes' | 'reason'>,
): Action | undefined {
  const own = result.identity === 'helo' ? settings.helo : settings.mailFrom;
  if (result.result === 'pass') return own?.onPass === undefined ? undefined : restriction(own.onPass);
  const refuse = isStrict(result.domain, settings) ? 'not-pass' : (own?.refuse ?? 'never');
  if (refuse === 'never' || (refuse === 'null-sender-fail' && sender !== '')) return undefined;
  const enhanced = (code: string): { enhanced?: string } =>
    options.enhancedCodes === false ? {} : { enhanced: code };
  const text = textOf(result, options.reason);
  if (result.result === 'temperror')
    return settings.temperror === 'defer'
      ? { type: 'defer-if-permit', ...enhanced('4.7.24'), text }
      : undefined;
  const refused =
    result.result === 'permerror' ? settings.permerror === 'reject' : refusedBy[refuse].has(result.result);
  if (!refused || (settings.onlyDomainsWithoutMail && !result.sendsNoMail)) return undefined;
  return {
    type: 'reject',
    code: 550,
    ...enhanced(result.result === 'permerror' ? '5.7.24' : '5.7.23'),
    text,
  };
}

/** The results that each way of refusing refuses; errors have settings of their own. */
const refusedBy: Readonly<Record<Exclude<HeloRefuse, 'never'>, ReadonlySet<SpfVerdict>>> = {
  fail: new Set<SpfVerdict>(['fail']),
  'null-sender-fail': new Set<SpfVerdict>(['fail']),
  softfail: new Set<SpfVerdict>(['fail', 'softfail']),
  'not-pass': new Set<SpfVerdict>(['fail', 'softfail', 'neutral']),
};

/** An action of access(5) in one text: a restriction, and what stands after it. */
function restriction(text: string): Action {
  const [, name = '', argument] = /^(\S+)(?:\s+(.*))?$/s.exec(text.trim()) ?? [];
  return { type: 'restriction', name, ...(argument !== undefined && { argument }) };
}

function isStrict(domain: string, { strictDomains = [] }: SpfSettings): boolean {
  return strictDomains.some((each) => each.toLowerCase() === domain.toLowerCase());
}

/** Whether the domain's record is `v=spf1 -all`. */
export function sendsNoMail({ trace }: Pick<SpfResult, 'trace'>): boolean {
  return trace?.terms.length === 1 && trace.terms[0]!.term.toLowerCase() === '-all';
}

function textOf({ result, explanation, error }: KeptResult, reason = 'Message rejected due to SPF'): string {
  const why = explanation ?? error?.message;
  return !why ? `${reason} ${result}` : `${reason} ${result}: ${why}`;
}
