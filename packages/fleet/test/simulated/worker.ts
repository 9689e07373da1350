/**
 * A worker in a process of its own, to be killed:
 *
 *     node worker.ts REDIS NAME
 */
import { startFleetWorker } from '@postern/fleet';
import { connectToSimulated, greetAs } from './client.ts';

const [url = '', name = ''] = process.argv.slice(2);
const worker = await startFleetWorker({
  url,
  name,
  concurrency: 8,
  takeOverAfter: 3000,
  connect: connectToSimulated,
  plans: { greeting: (site, input) => greetAs(String(input))(site) },
});
process.once('SIGTERM', () => void worker.close());
process.stdout.write('ready\n');
