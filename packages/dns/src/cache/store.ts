/**
 * Where several machines or processes keep answers together. It only ever saves time: an answer that it does not
 * give in time, or gives in a form that makes no sense, is looked up as if there were no store.
 */
export interface Store {
  /** The text last set for the key and not yet expired. May reject; that counts as "not there". */
  get(key: string): Promise<string | undefined>;
  /** Keeps a text for so many milliseconds. May reject; nobody waits for it. */
  set(key: string, value: string, lifetime: number): Promise<void>;
}
