import { printMain, printMaster } from '@postern/config';
import type { Configuration } from '../configuration.ts';

/** The two files of a configuration as text. */
export function configurationText({ main, master }: Configuration): { main: string; master: string } {
  return {
    main: typeof main === 'string' ? main : printMain(main),
    master: typeof master === 'string' ? master : printMaster(master),
  };
}
