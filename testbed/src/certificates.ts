import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch } from './scratch.ts';

/** A certificate in PEM, its key, and the authority that a client must trust to accept it. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
}

/** Makes a certificate for the names, signed by an authority made for it alone. */
export function makeCertificate(...names: [string, ...string[]]): Certificate {
  using files = scratch();
  const openssl = (command: string): Buffer =>
    execFileSync('openssl', command.split(' '), { cwd: files.folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const request = 'req -x509 -days 30 -noenc -newkey ec -pkeyopt ec_paramgen_curve:prime256v1';
  openssl(`${request} -keyout ca.key -out ca.pem -subj /CN=test-authority`);
  openssl(
    `${request} -keyout host.key -out host.pem -subj /CN=${names[0]} -CA ca.pem -CAkey ca.key ` +
      `-addext basicConstraints=critical,CA:false -addext subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`,
  );
  const read = (file: string): string => readFileSync(join(files.folder, file), 'utf8');
  return { certificate: read('host.pem'), key: read('host.key'), authority: read('ca.pem') };
}
