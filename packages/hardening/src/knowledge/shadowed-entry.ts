import type { ByHand } from '../rule.ts';

/** For rules that mend what the validator finds in an entry that does not count. */
export const shadowedEntry: ByHand = {
  because:
    'The entry does not count: the same name stands in the file again further down. Which of the two was meant is not in the file.',
  steps: 'Take out the entry that is not meant, and audit again: what is left has a fix.',
};
