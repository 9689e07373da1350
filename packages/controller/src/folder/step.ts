/** The steps of an apply or rollback, in their order. From `committing` on it is completed or undone, never left. */
export type FolderStep =
  | 'locked'
  | 'read'
  | 'validated'
  | 'preparing'
  | 'backed-up'
  | 'staged'
  | 'committing'
  | 'renamed'
  | 'synced'
  | 'finished';

/** Told after each step; `path` for steps that are about one file. The work waits for it. */
export type OnStep = (step: FolderStep, path?: string) => void | Promise<void>;
