/** What smtpd is told to do: every action of access(5), as data. */
export type Action =
  | { readonly type: 'dunno' }
  | { readonly type: 'ok' }
  | Refusal
  | { readonly type: 'prepend'; readonly header: string; readonly value: string }
  | { readonly type: 'hold' | 'discard' | 'warn' | 'info'; readonly text?: string }
  | { readonly type: 'filter'; readonly transport: string; readonly destination?: string }
  | { readonly type: 'redirect' | 'bcc'; readonly address: string }
  /** A restriction or restriction class that smtpd knows, with its argument. */
  | { readonly type: 'restriction'; readonly name: string; readonly argument?: string };

/** `reject` says 5xx, `defer` 4xx; the other two decide when the rest of the list has (access(5)). */
export interface Refusal {
  readonly type: 'reject' | 'defer' | 'defer-if-permit' | 'defer-if-reject';
  /** The three-digit reply; where it is absent smtpd uses its configured code. Only for reject and defer. */
  readonly code?: number;
  /** Enhanced status code (RFC 3463), for example `5.7.23`. */
  readonly enhanced?: string;
  readonly text?: string;
}

export const dunno: Action = { type: 'dunno' };

/** The longest action line that is sent, in UTF-16 code units; smtpd answers in lines of at most 512 bytes anyway. */
const longestAction = 1000;

/**
 * An action as the protocol writes it, in one line whatever the data holds: control characters, line
 * breaks of every kind among them, become spaces, so that nobody who controls a name in a text can add
 * an attribute of their own.
 */
export function printAction(action: Action): string {
  const printed = words(action)
    .filter((word) => word !== '')
    .join(' ');
  return oneLine(printed).slice(0, longestAction).trimEnd();
}

function words(action: Action): string[] {
  switch (action.type) {
    case 'dunno':
      return ['DUNNO'];
    case 'ok':
      return ['OK'];
    case 'reject':
      return [codeOf(action, 500, 599) ?? 'REJECT', enhancedOf(action), action.text ?? defaultText(action)];
    case 'defer':
      return [codeOf(action, 400, 499) ?? 'DEFER', enhancedOf(action), action.text ?? defaultText(action)];
    case 'defer-if-permit':
      return ['DEFER_IF_PERMIT', enhancedOf(action), action.text ?? ''];
    case 'defer-if-reject':
      return ['DEFER_IF_REJECT', enhancedOf(action), action.text ?? ''];
    case 'prepend':
      return ['PREPEND', `${headerName(action.header)}:`, action.value];
    case 'hold':
    case 'discard':
    case 'warn':
    case 'info':
      return [action.type.toUpperCase(), action.text ?? ''];
    case 'filter':
      return ['FILTER', `${token(action.transport)}:${token(action.destination ?? '')}`];
    case 'redirect':
    case 'bcc':
      return [action.type.toUpperCase(), token(action.address)];
    case 'restriction':
      return [token(action.name) || 'DUNNO', action.argument ?? ''];
  }
}

function codeOf({ code }: Refusal, lowest: number, highest: number): string | undefined {
  return code !== undefined && Number.isInteger(code) && code >= lowest && code <= highest
    ? String(code)
    : undefined;
}

/** A bare `550` would be taken as a restriction's name: a code always has a text. */
function defaultText({ code, type }: Refusal): string {
  if (code === undefined) return '';
  return type === 'reject' ? 'Access denied' : 'Try again later';
}

function enhancedOf({ enhanced }: Refusal): string {
  return enhanced !== undefined && /^[245]\.\d{1,3}\.\d{1,3}$/.test(enhanced) ? enhanced : '';
}

/** A field name by RFC 5322 section 2.2: printable ASCII without colon. */
function headerName(name: string): string {
  return name.replaceAll(/[^\x21-\x39\x3b-\x7e]/g, '') || 'X-Policy';
}

function token(text: string): string {
  return text.replaceAll(/\s/gu, '');
}

function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what must not get through
  return text.replaceAll(/[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g, ' ');
}
