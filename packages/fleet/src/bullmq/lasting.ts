import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Carries a command out, again and again while Redis is away. For commands that may be carried out twice: whether one
 * that broke off was, nobody knows.
 *
 * @throws what Redis itself says against the command
 */
export async function lastingly<T>(command: () => Promise<T>): Promise<T> {
  for (let wait = 50; ; wait = Math.min(wait * 2, 2000)) {
    try {
      return await command();
    } catch (error) {
      const isRefused = /^(ERR|WRONGTYPE|NOAUTH|NOPERM|WRONGPASS|OOM|MISCONF|NOSCRIPT)\b/.test(
        error instanceof Error ? error.message : '',
      );
      if (isRefused) throw error;
      await sleep(wait);
    }
  }
}
