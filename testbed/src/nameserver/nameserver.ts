import { fileURLToPath } from 'node:url';
import { scratch } from '../scratch.ts';
import { server, settle, type Place, type Server } from '../servers/place.ts';
import type { DnsWorld } from './world.ts';

/** A name server whose world can change while it runs. */
export interface Nameserver extends Server {
  /** From now on the DNS is this. */
  become(world: DnsWorld): Promise<void>;
  /** What it was asked since the start, as `NAME TYPE`. */
  questions(): string[];
}

/** Serves a world of DNS, failures and silences included. In a lab it is the resolver that everybody there asks. */
export async function startNameserver({
  world,
  ...place
}: Place & { readonly world: DnsWorld }): Promise<Nameserver> {
  const { port, start } = await settle(place, 53);
  const files = scratch();
  const file = files.write('world.json', JSON.stringify(world));
  const program = fileURLToPath(new URL('./serve.ts', import.meta.url));
  const args = ['--disable-warning=ExperimentalWarning', program, '127.0.0.1', String(port), file];
  const daemon = await start(process.execPath, args, { ready: (output) => output.includes('serving\n') });
  const loads = (): number => daemon.output().split('serving\n').length;
  return {
    ...server(daemon, port, files),
    async become(next) {
      const before = loads();
      files.write('world.json', JSON.stringify(next));
      daemon.signal('SIGHUP');
      while (loads() === before) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    questions: () =>
      daemon
        .output()
        .split('\n')
        .filter((line) => line !== '' && line !== 'serving'),
  };
}
