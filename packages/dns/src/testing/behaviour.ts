import type { RecordType } from '../resolver.ts';

/** A question that a server received: one for each packet. */
export interface AskedQuestion {
  /** Canonical, whatever case it came in. */
  readonly name: string;
  /** The type's number where it is none that we know. */
  readonly type: RecordType | number;
  readonly protocol: 'udp' | 'tcp' | 'tls' | 'https';
}

/** What a server does with a question instead of answering it at once and truly. */
export interface Behaviour {
  /** Wait so many milliseconds first. */
  readonly delay?: number;
  /** Say by UDP that the answer does not fit, and send none of it. */
  readonly truncate?: boolean;
  /** Answer under another id. */
  readonly wrongId?: boolean;
  /** Answer another question. */
  readonly wrongQuestion?: boolean;
  /** Answer with this response code and no records. */
  readonly fail?: 'FORMERR' | 'SERVFAIL' | 'NOTIMP' | 'REFUSED';
  /** Do not answer at all. */
  readonly silent?: boolean;
  /** Over a connection: send the answer so many bytes at a time, every so many milliseconds. */
  readonly drip?: { readonly bytes: number; readonly every: number };
  /** Send these messages instead, made from the query and the true answer. */
  readonly forge?: (query: Buffer, answer: Buffer) => readonly Uint8Array[];
}
