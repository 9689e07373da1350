/** The server of the bench in one file: `node serve.cjs SETTINGS SOCKET`. */
import { readFileSync } from 'node:fs';
import { createPolicyServer, makeHandlers, parsePolicySettings } from '../src/index.ts';

const [settingsFile, path] = process.argv.slice(2) as [string, string];

async function main(): Promise<void> {
  const { settings } = parsePolicySettings(readFileSync(settingsFile, 'utf8'));
  const { handlers } = await makeHandlers(settings!);
  const server = createPolicyServer({ handlers });
  await server.listen({ type: 'unix', path });
  process.once('SIGTERM', () => void server.close().then(() => process.exit()));
}
void main();
