/** Where a message is, by the name of Postfix's queue. */
export type QueueName = 'maildrop' | 'incoming' | 'active' | 'deferred' | 'hold' | 'corrupt';

/** One message of the queue. Addresses and reasons are as strangers wrote them: make them visible before a terminal sees them. */
export interface QueueMessage {
  readonly queue: QueueName;
  /** Short (`4F2A81C3D`) or long (`4gQz3k1Wm5z1Ds`). */
  readonly id: string;
  /** When it came, in seconds since 1970. */
  readonly arrived: number;
  /** Bytes of its content. */
  readonly size: number;
  /** The envelope sender; empty for the null sender, which listings call MAILER-DAEMON. */
  readonly sender: string;
  readonly recipients: readonly QueueRecipient[];
}

export interface QueueRecipient {
  readonly address: string;
  /** Why it was not delivered the last time; empty where nothing was tried. */
  readonly reason: string;
}

/** What a listing could not read. */
export interface QueueProblem {
  readonly line: number;
  readonly message: string;
}

/** How a listing shows the null sender. */
export const nullSenderName = 'MAILER-DAEMON';

/** The domain of an address in lower case; empty where it has none. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1 || address.length).toLowerCase();
}
