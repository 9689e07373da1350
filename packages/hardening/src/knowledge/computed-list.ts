import type { ByHand } from '../rule.ts';

/** For rules that mend a restriction list by editing its entries. */
export const computedList: ByHand = {
  because:
    'The list comes out of an expression or is not whole (a brace that is never closed, an entry that lacks its argument): an entry cannot be changed without changing what is around it.',
  steps:
    'Write the list out, one entry a line without expressions, and audit again: then there is a fix to look at.',
};
