import type { Script } from '../host/host.ts';
import { facts } from './facts.ts';
import { packages } from './packages.ts';
import { prelude } from './prelude.ts';
import { settle } from './settle.ts';
import { status } from './status.ts';
import { transaction } from './transaction.ts';
import { undo } from './undo.ts';
import { watchdog } from './watchdog.ts';

/** What the program on the host can be asked for. */
export type Operation = 'facts' | 'transaction' | 'settle' | 'roll-back' | 'history' | 'install' | 'report';

const main = `
operation=$1
case $operation in
  facts) facts ;;
  transaction) transaction ;;
  settle) settle ;;
  roll-back) roll_back ;;
  history) history ;;
  install) install ;;
  report) report ;;
  watchdog) watch "$2" ;;
esac
`;

/** The one program that does everything on the host: POSIX sh with GNU coreutils and util-linux. Comments stay here. */
const text: string = [prelude, facts, undo, watchdog, settle, packages, status, transaction, main]
  .join('')
  .replaceAll(/^[ ]*(#.*)?\n/gm, '');

/** The program as a script for `Host.run`. It has its own text at hand, to leave a copy on the host for the watchdog. */
export function program(operation: Operation): Script {
  return { script: 'own_text=$1; shift; eval "$own_text"', args: [text, operation] };
}
