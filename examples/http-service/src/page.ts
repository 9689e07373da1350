import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const html = readFileSync(join(import.meta.dirname, '../page.html'), 'utf8');
const script = /<script type="module">([^]*)<\/script>/.exec(html)?.[1] ?? '';
const hash = createHash('sha256').update(script).digest('base64');

/** The page, and the policy under which it runs its own script and no other, and asks nobody but this service. */
export const page: { readonly html: string; readonly policy: string } = {
  html,
  policy: `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
};
