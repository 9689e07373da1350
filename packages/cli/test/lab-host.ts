import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { scratch, startLab, startPostfix, startSshd, type Lab, type PostfixHost } from '@postern/testbed';

/** A machine with Postfix that is reached by ssh, as an admin reaches one. */
export interface LabHost extends AsyncDisposable {
  readonly lab: Lab;
  /** `ssh://root@…` from here, and the options with which it lets one in; for the lab itself it is at 127.0.0.1. */
  readonly target: string;
  readonly login: readonly string[];
  /** A folder of the test's own on this machine, with the key and known_hosts in it. */
  readonly folder: string;
  write(name: string, content: string): string;
}

export async function startLabHost(
  postfix: PostfixHost,
  addresses: readonly string[] = [],
): Promise<LabHost> {
  const stack = new AsyncDisposableStack();
  try {
    const files = stack.use(scratch());
    const lab = stack.use(await startLab({ addresses }));
    const sshd = await startSshd(lab);
    await startPostfix(lab, postfix);
    // A port of this machine that leads to the sshd of the other.
    const way = createServer((near) => {
      void sshd.socket().then((far) => {
        near.pipe(far).pipe(near);
        near.on('error', () => far.destroy());
        far.on('error', () => near.destroy());
      });
    }).listen(0, '127.0.0.1');
    stack.defer(() => void way.close());
    await once(way, 'listening');
    const { port } = way.address() as AddressInfo;
    const key = files.write('key', sshd.key);
    chmodSync(key, 0o600);
    const hostKey = sshd.hostKeys[0]!;
    const known = files.write('known_hosts', `[127.0.0.1]:${port} ${hostKey}\n127.0.0.1 ${hostKey}\n`);
    const owned = stack.move();
    return {
      lab,
      target: `ssh://root@127.0.0.1:${port}`,
      login: ['-i', key, '--known-hosts', known, '--no-ssh-config'],
      folder: files.folder,
      write: (name, content) => files.write(name, content),
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
