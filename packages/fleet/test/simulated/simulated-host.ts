import { createHash } from 'node:crypto';

/** How a simulated host goes wrong: its new greeting fails, Postfix complains in the log, or nobody is let in. */
export type Fault = 'greeting' | 'log' | 'locked-out';

/** A change as the host keeps it. */
interface Change {
  readonly id: string;
  phase: 'committed' | 'confirmed' | 'rolled-back';
  readonly before: Map<string, string>;
  readonly record: string;
  readonly timer?: NodeJS.Timeout;
}

/** One thing that happened on a host, in the order in which it did on all of them. */
export interface Deed {
  readonly host: string;
  readonly what: 'committed' | 'confirmed' | 'rolled-back';
  readonly id: string;
}

/**
 * A host that answers the program which the controller would run on it, from memory: files, a change that waits, a
 * history. What it is told it takes apart as strictly as the real program does.
 */
export class SimulatedHost {
  readonly name: string;
  readonly fault: Fault | undefined;
  readonly #files: Map<string, string>;
  readonly #changes: Change[] = [];
  readonly #note: (deed: Deed) => void;

  constructor(name: string, fault: Fault | undefined, note: (deed: Deed) => void) {
    this.name = name;
    this.fault = fault;
    this.#note = note;
    this.#files = new Map([
      [
        'main.cf',
        `myhostname = ${name}.example.net\ninet_interfaces = loopback-only\nmynetworks = 127.0.0.0/8\n`,
      ],
      ['master.cf', 'smtp inet n - y - - smtpd\n'],
    ]);
  }

  get main(): string {
    return this.#files.get('main.cf')!;
  }

  /** Whether a change is made that nobody has confirmed yet. */
  get isPending(): boolean {
    return this.#pending() !== undefined;
  }

  get greeting(): string {
    return this.fault === 'greeting' && /^smtpd_banner/m.test(this.main) ? '421 too busy' : '220 ESMTP';
  }

  /** Answers a request. @returns what the program prints, and how it ends */
  answer(operation: string, request: Buffer): { readonly output: string; readonly status: number } {
    const lines: string[] = [];
    const failed = this.#carryOut(operation, request, (line) => lines.push(line));
    if (failed !== undefined) lines.push(`failed ${failed}`);
    return { output: lines.map((line) => `${line}\n`).join(''), status: failed === undefined ? 0 : 1 };
  }

  #carryOut(operation: string, request: Buffer, say: (line: string) => void): string | undefined {
    switch (operation) {
      case 'facts':
        return this.#facts(request.toString().split('\n').slice(0, -1), say);
      case 'transaction':
        return this.#transaction(request, say);
      case 'settle':
        return this.#settle(request.toString().split('\n'), say);
      case 'roll-back': {
        const change = this.#pending();
        if (change?.id !== request.toString().trim()) return 'not-pending nothing waits';
        this.#undo(change);
        say(`rolled-back ${change.id}`);
        return undefined;
      }
      case 'history':
        for (const { id, phase, record } of this.#changes)
          say(`change ${id} ${phase} ${Buffer.from(record).toString('base64')}`);
        say('end');
        return undefined;
      default:
        return `step-failed there is no operation ${operation}`;
    }
  }

  #facts([, , ...asked]: string[], say: (line: string) => void): undefined {
    say('system Linux');
    say('version 3.7.11');
    say('directory /etc/postfix');
    const waits = this.#pending();
    if (waits) {
      say('unfinished');
      say(`pending ${waits.id} ${waits.phase} 100 alive`);
    }
    say('running 4711');
    asked.forEach((path, index) => {
      const text = this.#files.get(path);
      if (text === undefined) return say(`absent ${index + 1}`);
      say(`file ${index + 1} 644 0 0 root root 1700000000 1700000000`);
      say(`data ${index + 1} ${Buffer.from(text).toString('base64')}`);
    });
    say('end');
  }

  #transaction(request: Buffer, say: (line: string) => void): string | undefined {
    const waits = this.#pending();
    if (waits) return `pending change ${waits.id} waits to be confirmed or rolled back first`;
    let at = 0;
    const line = (): string => {
      const end = request.indexOf(10, at);
      const text = request.toString('utf8', at, end);
      at = end + 1;
      return text;
    };
    const bytes = (size: number): string => request.toString('utf8', at, (at += size));
    const [id, , within] = [line(), line(), line(), line(), line(), line()];
    const before = new Map(this.#files);
    const after = new Map(this.#files);
    const isStill = (path: string, expected: string): boolean => {
      const now = before.get(path);
      return expected === (now === undefined ? 'absent' : createHash('sha256').update(now).digest('hex'));
    };
    let record = '';
    for (let word = line(); word !== 'end'; word = line()) {
      if (word === 'record') record = bytes(Number(line()));
      else if (word === 'file') {
        const [path, , expected] = [line(), line(), line(), line(), line(), line()];
        if (!isStill(path, expected)) return `changed-meanwhile ${path}: was changed by somebody else`;
        after.set(path, bytes(Number(line())));
      } else if (word === 'same') {
        const [path, expected] = [line(), line()];
        if (!isStill(path, expected)) return `changed-meanwhile ${path}: was changed by somebody else`;
      } else return `step-failed the request is not understood: ${word}`;
    }
    for (const [path, text] of after) this.#files.set(path, text);
    const change: Change = {
      id,
      phase: 'committed',
      before,
      record,
      timer: setTimeout(() => this.#undo(change), Number(within) * 1000).unref(),
    };
    this.#changes.push(change);
    this.#note({ host: this.name, what: 'committed', id });
    say(`changed ${id}`);
    return undefined;
  }

  #settle([id, deed]: string[], say: (line: string) => void): string | undefined {
    const change = this.#pending();
    if (!change || change.id !== id) return `not-pending change ${id} is not waiting to be confirmed`;
    if (deed === 'roll-back' || this.fault === 'log') {
      this.#undo(change);
      say(`rolled-back ${id}`);
      if (deed !== 'roll-back') say(`log ${Buffer.from('postfix/smtpd[1]: fatal: no').toString('base64')}`);
      return undefined;
    }
    change.phase = 'confirmed';
    clearTimeout(change.timer);
    this.#note({ host: this.name, what: 'confirmed', id });
    say(`confirmed ${id}`);
    return undefined;
  }

  #pending(): Change | undefined {
    return this.#changes.find(({ phase }) => phase === 'committed');
  }

  #undo(change: Change): void {
    for (const [path, text] of change.before) this.#files.set(path, text);
    change.phase = 'rolled-back';
    clearTimeout(change.timer);
    this.#note({ host: this.name, what: 'rolled-back', id: change.id });
  }
}
