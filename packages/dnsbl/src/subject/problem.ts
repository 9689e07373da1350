export type ProblemCode =
  | 'bad-address'
  | 'bad-domain'
  | 'bad-cidr'
  | 'range'
  | 'too-many'
  | 'ipv4-mapped'
  | 'idn'
  | 'unspecified'
  | 'private'
  | 'loopback'
  | 'link-local'
  | 'documentation'
  | 'multicast'
  | 'reserved'
  | 'no-lists';

/** Why nothing was asked, and what to do about it. */
export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  /** What was probably meant, where that is clear. */
  readonly suggestion?: string;
}
