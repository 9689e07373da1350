import type { Handler } from '@postern/policy';

export interface MembersOnlyOptions {
  /** Addresses that only members may write to. */
  readonly lists: readonly string[];
  /** Sender domains of members. */
  readonly members: readonly string[];
}

/** Lets only members and people who are logged in write to some addresses, and marks the mail that came through. */
export function membersOnly({ lists, members }: MembersOnlyOptions): Handler {
  const closed = new Set(lists.map((address) => address.toLowerCase()));
  const inside = new Set(members.map((domain) => domain.toLowerCase()));

  return {
    name: 'members-only',
    handle({ protocolState, recipient, sender = '', saslUsername }, { note }) {
      if (protocolState !== 'RCPT' || !recipient || !closed.has(recipient.toLowerCase())) return undefined;
      const domain = sender.slice(sender.lastIndexOf('@') + 1).toLowerCase();
      if (saslUsername === undefined && !inside.has(domain)) {
        note(`${sender || 'a bounce'} is no member`);
        return {
          type: 'reject',
          code: 550,
          enhanced: '5.7.1',
          text: `Only members may write to ${recipient}`,
        };
      }
      return { type: 'prepend', header: 'X-Members-Only', value: recipient };
    },
  };
}
