/** A policy service that takes its time: `node policy-service.ts PORT MILLISECONDS`. */
import { createServer } from 'node:net';

const [port, delay] = process.argv.slice(2).map(Number);
createServer((client) => {
  let asked = '';
  client.on('error', () => client.destroy());
  client.on('data', (data) => {
    asked += String(data);
    for (let end = asked.indexOf('\n\n'); end >= 0; end = asked.indexOf('\n\n')) {
      asked = asked.slice(end + 2);
      setTimeout(() => client.writable && client.write('action=dunno\n\n'), delay);
    }
  });
}).listen(port, '127.0.0.1', 1024, () => process.stdout.write('ready\n'));
