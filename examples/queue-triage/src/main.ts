/** Usage: node src/main.ts TARGET [--hold]   (TARGET: local, or ssh://user@host:port) */
import { connect, localHost } from '@postern/controller';

const [target = 'local', ...flags] = process.argv.slice(2);
await using host = target === 'local' ? localHost() : await connect({ host: target });

const { total, backscatter, legitimate, causes, plan } = await host.queue.triage();
console.log(`${total} messages: ${backscatter.count} backscatter, ${legitimate.count} legitimate`);
for (const { message, signs } of causes) console.log(`${message}\n  ${signs.join('\n  ')}`);
console.log(
  `the plan that stops it: ${plan.changes.map(({ type, because }) => `${type}: ${because.why}`).join('\n  ')}`,
);

if (flags.includes('--hold') && backscatter.count > 0) {
  const { id, done } = await host.queue.hold(backscatter.messages);
  console.log(
    `held ${done}; host.queue.deleteHeld('${id}') deletes them, host.queue.undo('${id}') lets them go`,
  );
}
