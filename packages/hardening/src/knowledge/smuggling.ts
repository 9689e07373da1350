import type { Subject } from '../subject/subject.ts';

/**
 * The value of smtpd_forbid_bare_newline that loses no mail of old clients: `normalize` where the patch level
 * has it, else `yes`; undefined where the parameter is not there yet.
 */
export function bareNewlineValue(subject: Subject): 'normalize' | 'yes' | undefined {
  if (!subject.knows('smtpd_forbid_bare_newline')) return undefined;
  const normalizes = '>=3.9 || >=3.8.5 <3.9 || >=3.7.10 <3.8 || >=3.6.14 <3.7 || >=3.5.24 <3.6';
  return subject.satisfies(normalizes) ? 'normalize' : 'yes';
}

/** BDAT came with 3.4; where it is offered it goes around the check for pipelining. */
export function offersChunking(subject: Subject): boolean {
  return subject.satisfies('>=3.4');
}
