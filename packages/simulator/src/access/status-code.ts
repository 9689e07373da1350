/** The kinds of thing that a reply speaks of, as smtpd names them. */
export const replyClass = {
  client: 'Client host',
  reverseClient: 'Unverified Client host',
  certificate: 'Client certificate',
  login: 'SASL login name',
  helo: 'Helo command',
  sender: 'Sender address',
  recipient: 'Recipient address',
  etrn: 'Etrn command',
  data: 'Data command',
  endOfData: 'End-of-data',
} as const;

/** Sender and recipient detail for each kind of bad address. @see smtpd_dsn_fix.c */
const addressDetails: Readonly<Record<string, readonly [sender: string, recipient: string]>> = {
  '1': ['4.1.7', '4.1.1'],
  '2': ['4.1.8', '4.1.2'],
  '3': ['4.1.7', '4.1.3'],
  '4': ['4.1.7', '4.1.4'],
  '5': ['4.1.0', '4.1.5'],
  '6': ['4.1.7', '4.1.6'],
  '7': ['4.1.7', '4.1.3'],
  '8': ['4.1.8', '4.1.2'],
};

/** A status about addresses, made to fit what is refused: one about recipients does not belong to a sender. */
export function fitStatus(status: string, about: string): string {
  const match = /^\d\.1\.(.*)$/.exec(status);
  if (!match) return status;
  const detail = addressDetails[match[1]!] ?? ['4.1.0', '4.1.0'];
  if (about === replyClass.sender) return detail[0];
  return about === replyClass.recipient ? detail[1] : '4.0.0';
}

/** Text that may begin with an enhanced status code: `5.7.1 Go away`. @see dsn_split(3) */
export function splitStatus(
  text: string,
  fallback: string,
): { readonly status: string; readonly text: string } {
  const match = /^([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)(.*)$/s.exec(text.trimStart());
  return match ? { status: match[1]!, text: match[2]! } : { status: fallback, text: text.trimStart() };
}
