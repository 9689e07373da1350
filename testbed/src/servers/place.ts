import { startDaemon, type Daemon, type StartDaemon } from '../daemon.ts';
import { freePort } from '../free-port.ts';
import type { Lab } from '../lab/lab.ts';

/** Where a server runs: on 127.0.0.1 of this machine, or of a lab. */
export interface Place {
  /** The lab it runs in; without one it runs on this machine. */
  readonly lab?: Lab;
  /** Its port: a free one on this machine, the well-known one in a lab. */
  readonly port?: number;
}

/** A running server and where to reach it. */
export interface Server extends Daemon {
  readonly address: '127.0.0.1';
  readonly port: number;
  /** `127.0.0.1:PORT`, as createResolver takes it. */
  readonly server: string;
}

/** How to start a program at the place, and the port it gets there. */
export async function settle(place: Place, wellKnown: number): Promise<{ port: number; start: StartDaemon }> {
  const port = place.port ?? (place.lab ? wellKnown : await freePort());
  return { port, start: place.lab?.startDaemon ?? startDaemon };
}

/** Completes a daemon to a server whose files go away when it stops. */
export function server(daemon: Daemon, port: number, files: Disposable): Server {
  const stop: Daemon['stop'] = async (signal) => {
    await daemon.stop(signal);
    files[Symbol.dispose]();
  };
  return {
    ...daemon,
    address: '127.0.0.1',
    port,
    server: `127.0.0.1:${port}`,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}
