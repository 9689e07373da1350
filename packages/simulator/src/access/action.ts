import type { Place } from '../model/verdict.ts';
import type { Context, Evaluation, Status } from '../session/evaluation.ts';
import { fitStatus, splitStatus } from './status-code.ts';

/** Nesting of restrictions beyond which smtpd gives up. */
const deepestRecursion = 100;

/** Where a looked-up action comes from. */
export interface ActionSource extends Place {
  readonly table: string;
  readonly key: string;
}

/**
 * Carries out the right-hand side of an access table, or the answer of a policy server.
 *
 * @param about  what is checked: the name and the kind of thing in the reply
 * @see access(5); check_table_result in smtpd_check.c
 */
export function carryOut(
  run: Evaluation,
  value: string,
  source: ActionSource,
  about: { readonly replyName: string; readonly replyClass: string },
  context: Context,
): Status {
  const { replyName, replyClass } = about;
  const space = /[ \t]/.exec(value)?.index ?? value.length;
  const command = value.slice(0, space);
  const text = value.slice(space).trimStart();
  const where = source.line === null ? source.table : `${source.file}:${source.line}`;
  run.reason = `${source.key} is in ${where}: ${value}`;
  const refuse = (code: number, fallback: string): Status => {
    const { status, text: words } = splitStatus(text, fallback);
    return run.reject(
      code,
      fitStatus(status, replyClass),
      `<${replyName}>: ${replyClass} rejected: ${words || 'Access denied'}`,
    );
  };
  const act = (what: string): Status => {
    run.actions.push(`${what} (${source.table}: ${source.key})`);
    run.note('action', `${what}, by ${where}`);
    return 'dunno';
  };
  const { settings } = run.host;
  switch (command.toUpperCase()) {
    case 'DUNNO':
      return 'dunno';
    case 'REJECT':
      return refuse(settings.number('access_map_reject_code'), '5.7.1');
    case 'DEFER':
      if (!settings.has('access_map_defer_code')) break;
      return refuse(settings.number('access_map_defer_code'), '4.7.1');
    case 'WARN':
    case 'INFO':
      return act(`${command.toUpperCase()} ${text}`.trim());
    case 'FILTER':
      return canDelegate(run) && text.includes(':') ? act(`FILTER ${text}`) : 'dunno';
    case 'HOLD':
      return canDelegate(run) ? act('HOLD') : 'dunno';
    case 'DISCARD':
      if (!canDelegate(run)) return 'dunno';
      act(`DISCARD ${text}`.trim());
      run.discard = true;
      return 'permit';
    case 'REDIRECT':
    case 'BCC':
      return canDelegate(run) && text.includes('@') ? act(`${command.toUpperCase()} ${text}`) : 'dunno';
    case 'PREPEND':
      if (run.sender === undefined || run.stage === 'END-OF-DATA') return 'dunno';
      return /^[!-9;-~]+\s*:/.test(text) ? act(`PREPEND ${text}`) : 'dunno';
    case 'DEFER_IF_PERMIT':
    case 'DEFER_IF_REJECT': {
      const { status, text: words } = splitStatus(text, '4.7.1');
      const code = settings.number('access_map_defer_code') || 450;
      const enhanced = fitStatus(status, replyClass);
      const reply = `<${replyName}>: ${replyClass} rejected: ${words || 'Service unavailable'}`;
      return command.toUpperCase() === 'DEFER_IF_PERMIT'
        ? run.deferIfPermitted(code, enhanced, reply)
        : run.deferIfRejected(code, enhanced, reply);
    }
  }
  if (/^\d+$/.test(value)) return 'permit';
  if (/^[45]\d\d$/.test(command) && text !== '') return refuse(Number(command), `${command[0]}.7.1`);
  if (/^(?:ok|relay)$/i.test(command)) return 'permit';
  if (value.includes(':'))
    run.configurationError(`${where}: a lookup table is no action: name a restriction class instead`);
  if (run.recursion > deepestRecursion)
    run.configurationError(`${where}: restrictions are nested without end`);
  if (/^[\s,]*$/.test(value)) return 'permit';
  return run.host.evaluateText(run, value, source, { ...context, replyName, replyClass });
}

/** What cleanup(8) carries out has no effect before there is a sender, or with a before-queue filter. */
function canDelegate(run: Evaluation): boolean {
  return run.host.settings.text('smtpd_proxy_filter') === '' && run.sender !== undefined;
}
