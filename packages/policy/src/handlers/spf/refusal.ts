import type { SpfResult } from '@postern/spf';
import type { Action } from '../../protocol/action.ts';
import type { SpfHandlerOptions, SpfSettings } from './options.ts';

/** What a result comes to for one identity: a refusal, what smtpd is told of a pass, or nothing. */
export function actionFor(
  result: SpfResult,
  sender: string,
  settings: SpfSettings,
  options: Pick<SpfHandlerOptions, 'enhancedCodes' | 'reason'>,
): Action | undefined {
  const own = result.identity === 'helo' ? settings.helo : settings.mailFrom;
  if (result.result === 'pass') {
    return own?.onPass === undefined ? undefined : { type: 'restriction', name: own.onPass };
  }
  const refuse = own?.refuse ?? 'never';
  if (refuse === 'never') return undefined;
  const enhanced = (code: string): { enhanced?: string } =>
    options.enhancedCodes === false ? {} : { enhanced: code };
  const text = textOf(result, options.reason);
  if (result.result === 'temperror')
    return settings.temperror === 'defer'
      ? { type: 'defer-if-permit', ...enhanced('4.7.24'), text }
      : undefined;
  if (result.result === 'permerror')
    return settings.permerror === 'reject' || refuse === 'not-pass'
      ? { type: 'reject', code: 550, ...enhanced('5.7.24'), text }
      : undefined;
  if (!isRefused(result, refuse, sender, settings)) return undefined;
  if (settings.onlyDomainsWithoutMail && !sendsNoMail(result)) return undefined;
  return { type: 'reject', code: 550, ...enhanced('5.7.23'), text };
}

function isRefused(
  { result, domain }: SpfResult,
  refuse: Exclude<NonNullable<NonNullable<SpfSettings['helo']>['refuse']>, 'never'>,
  sender: string,
  { strictDomains = [] }: SpfSettings,
): boolean {
  const strict = strictDomains.some((each) => each.toLowerCase() === domain.toLowerCase());
  const counts = strict && (result === 'softfail' || result === 'neutral') ? 'fail' : result;
  switch (refuse) {
    case 'fail':
      return counts === 'fail';
    case 'softfail':
      return counts === 'fail' || counts === 'softfail';
    case 'not-pass':
      return counts === 'fail' || counts === 'softfail' || counts === 'neutral';
    case 'null-sender-fail':
      return counts === 'fail' && sender === '';
  }
}

/** Whether the domain's record is `v=spf1 -all`. */
function sendsNoMail({ trace }: SpfResult): boolean {
  return trace?.terms.length === 1 && trace.terms[0]!.term.toLowerCase() === '-all';
}

function textOf({ result, explanation, error }: SpfResult, reason = 'Message rejected due to SPF'): string {
  const why = explanation ?? error?.message;
  return !why ? `${reason} ${result}` : `${reason} ${result}: ${why}`;
}
