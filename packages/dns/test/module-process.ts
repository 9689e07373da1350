import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs a module in a process of its own, which is killed when it has not ended by itself `within` so many milliseconds. */
export async function runModule(
  text: string,
  { within }: { readonly within: number },
): Promise<{ end: [number | null, NodeJS.Signals | null]; printed: string }> {
  const child = spawn(process.execPath, ['--conditions=@postern/source', '--input-type=module', '-e', text], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: within,
    killSignal: 'SIGKILL',
  });
  let printed = '';
  child.stdout.on('data', (data) => (printed += String(data)));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { end: [code, signal], printed };
}
