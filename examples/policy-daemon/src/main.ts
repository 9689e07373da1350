/** Usage: node src/main.ts [LISTEN]   (unix:PATH, HOST:PORT or stdio; 127.0.0.1:10040 unless told) */
import { createPolicyServer, parseListenAddress, type Logger } from '@postern/policy';
import { membersOnly } from './members-only.ts';

const log =
  (level: string): Logger['info'] =>
  (fields, message) =>
    console.error(JSON.stringify({ level, message, ...fields }));

const server = createPolicyServer({
  handlers: [membersOnly({ lists: ['staff@example.org'], members: ['example.org', 'partner.example'] })],
  logger: { info: log('info'), warn: log('warn'), error: log('error') },
});
const listen = await server.listen(parseListenAddress(process.argv[2] ?? '127.0.0.1:10040'));
console.error(JSON.stringify({ level: 'info', message: 'listening', listen }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void server.close());
