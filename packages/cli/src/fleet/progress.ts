import type { HostEvent, RolloutReport } from '@postern/fleet';
import { paint, type Io } from '../io.ts';
import { visible } from '../print/visible.ts';

/** A few lines at the foot of the terminal that say how far a rollout is; failures stay above them. */
export class Progress {
  readonly #io: Io;
  readonly #report: () => RolloutReport;
  readonly #steps = new Map<string, string>();
  #wave = 0;
  #drawn = 0;
  #last = 0;

  constructor(io: Io, report: () => RolloutReport) {
    this.#io = io;
    this.#report = report;
  }

  show(event: HostEvent): void {
    if (event.type === 'wave') this.#wave = event.wave;
    else if (event.type === 'begun') this.#steps.set(event.host, 'begun');
    else if (event.type === 'step' && this.#steps.has(event.host)) this.#steps.set(event.host, event.step);
    else if (event.type === 'ended') {
      this.#steps.delete(event.host);
      if (event.message !== undefined) this.#say(`${event.host}: ${event.status}: ${event.message}`);
    }
    const now = performance.now();
    if (now - this.#last < 100) return;
    this.#last = now;
    this.#draw();
  }

  clear(): void {
    if (this.#drawn > 0) this.#io.err(`\u001B[${this.#drawn}A\u001B[J`);
    this.#drawn = 0;
  }

  #say(text: string): void {
    this.clear();
    this.#io.err(`${paint(this.#io, 'red', visible(text))}\n`);
  }

  #draw(): void {
    const { waves, hosts, counts, failures, allowed } = this.#report();
    const wave = waves[this.#wave];
    const done = hosts.length - counts.waiting - counts.running;
    const running = [...this.#steps].slice(0, 8);
    const more = this.#steps.size - running.length;
    const lines = [
      `${wave?.name ?? ''} (${wave?.ended ?? 0} of ${wave?.hosts ?? 0})  ${bar(done / hosts.length)}  ` +
        `${done} of ${hosts.length} hosts, ${failures} failed (${allowed} may)`,
      ...running.map(([host, step]) => paint(this.#io, 'dim', `  ${host}  ${visible(step)}`)),
      ...(more > 0 ? [paint(this.#io, 'dim', `  and ${more} more`)] : []),
    ];
    this.clear();
    this.#io.err(lines.map((line) => `${line}\n`).join(''));
    this.#drawn = lines.length;
  }
}

function bar(share: number): string {
  const filled = Math.round(share * 24);
  return `${'█'.repeat(filled)}${'░'.repeat(24 - filled)}`;
}
