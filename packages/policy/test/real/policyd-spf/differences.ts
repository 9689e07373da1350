/** Where ours answers otherwise than policyd-spf on purpose, and why. Everything else has to be the same. */
export interface Difference {
  readonly name: string;
  readonly because: string;
  applies(request: Readonly<Record<string, string>>, theirs: string, ours: string): boolean;
}

export const differences: readonly Difference[] = [
  {
    name: 'private client',
    because:
      'A private address is a NAT or a proxy in front of smtpd: policyd-spf checks it and everybody fails, ours says so in the log and leaves the mail alone.',
    applies: ({ client_address }, _, ours) => client_address!.startsWith('10.') && ours === 'dunno',
  },
  {
    name: 'later recipients of a broken record',
    because:
      'policyd-spf remembers the refusal of a message but not that an error was the reason: from the second recipient on it says 5.7.23 where it said 5.7.24 before.',
    applies: ({ recipient }, theirs, ours) =>
      recipient === 'ola@example.org' && theirs === '550 5.7.23' && ours === '550 5.7.24',
  },
  {
    name: 'a header for each recipient',
    because:
      'Where No_Mail turns a refusal of the HELO name into a mark, policyd-spf forgets the message and marks it again for each recipient; ours marks it once.',
    applies: ({ recipient }, theirs, ours) =>
      recipient === 'ola@example.org' && theirs === 'prepend' && ours === 'dunno',
  },
  {
    name: 'two records',
    because:
      'For No_Mail policyd-spf looks at the first of two SPF records, though two are an error and neither counts; ours takes no word from either.',
    applies: ({ sender }, theirs, ours) =>
      sender!.endsWith('@twice.example') && theirs === '550 5.7.24' && ours === 'prepend',
  },
];
