/** The words that the layers between a socket and an answer share. */
import type { Answer, RecordType } from '../resolver.ts';

/** What is asked: a canonical name and a type, always of class IN. */
export interface Question {
  readonly name: string;
  readonly type: RecordType;
}

/** The numbers of the record types (RFC 1035, 3596, 6698, 8659). */
export const typeCodes: Readonly<Record<RecordType, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  TLSA: 52,
  CAA: 257,
};

/** One record of an answer section that may matter: of the type asked for, or a CNAME. */
export interface ResourceRecord {
  /** Canonical. */
  readonly owner: string;
  readonly type: number;
  readonly ttl: number;
  /** As `RecordData` has it for the type. */
  readonly data: unknown;
}

/** A response, as far as an answer is made from it. */
export interface Message {
  readonly rcode: number;
  readonly truncated: boolean;
  /** The AD bit: the server says that DNSSEC proves answer and authority sections (RFC 4035, 3.2.3). */
  readonly authenticated: boolean;
  readonly answers: readonly ResourceRecord[];
  /** How long "there is none" holds, from the SOA of the authority section (RFC 2308); undefined without one. */
  readonly negativeTtl: number | undefined;
  /** The authority section names other servers and no SOA. */
  readonly referral: boolean;
}

/** A query as it goes out. The first byte of its question is byte 12. */
export interface Query {
  readonly id: number;
  readonly packet: Buffer;
  /** Where the question ends. */
  readonly questionEnd: number;
}

/** Turns questions into bytes and bytes into messages. */
export interface Codec {
  encode(question: Question, id: number, mixedCase: boolean): Query;
  /** @returns undefined for bytes that break the rules of the format */
  decode(bytes: Buffer, question: Question): Message | undefined;
}

/** What one server makes of one question: an answer, or the name at which the search goes on. */
export type Reply =
  | Answer
  | {
      readonly status: 'alias';
      readonly target: string;
      readonly ttl: number;
      readonly authenticated?: true;
    };
