import type { Lab } from '@postern/testbed';

/**
 * Puts programs of the test's own before all others of a host, for every command that is run over SSH; each writes
 * down what it was called with.
 *
 * @param programs  text for sh by name; `note` writes the arguments to /run/stubs/calls
 */
export function putStubs(lab: Lab, programs: Readonly<Record<string, string>>): { calls: () => string[] } {
  for (const [name, text] of Object.entries(programs)) {
    const note = `note() { printf '%s' ${name} >>/run/stubs/calls; for word; do printf ' [%s]' "$word" >>/run/stubs/calls; done; echo >>/run/stubs/calls; }`;
    lab.write(`/run/stubs/${name}`, `#!/bin/sh\n${note}\n${text}\n`, { mode: 0o755 });
  }
  lab.write('/run/stubs/calls', '');
  lab.write('/root/.bashrc', 'PATH=/run/stubs:$PATH\n');
  return { calls: () => lab.read('/run/stubs/calls').split('\n').filter(Boolean) };
}
