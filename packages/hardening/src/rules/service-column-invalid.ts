import { problemRule } from '../knowledge/problem-rule.ts';
import type { Rule } from '../rule.ts';

export const serviceColumnInvalid: Rule = problemRule({
  id: 'service-column-invalid',
  level: 'error',
  versions: 'all',
  source: 'master(5); master_ent.c of the source',
  title: 'A column of master.cf holds what it cannot',
  why: 'master(8) stops when it reads it, and no mail is taken or sent; postconf is content with some of it.',
  byHand: {
    because: 'The line is not the service that runs: one with the same name and type stands further down.',
    steps: 'Take out the line that is not meant, and audit again: what is left has a fix.',
  },
  codes: ['bad-service-field', 'inet-private'],
  // What is no value of a column is read as "-"; written anew, the service has its default there.
  fix: ({ service, code }) =>
    service && [
      {
        type: 'put-service',
        service: code === 'inet-private' ? { ...service.service, private: false } : service.service,
      },
    ],
});
