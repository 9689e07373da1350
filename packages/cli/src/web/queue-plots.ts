import type { QueueSummary } from '@postern/controller';
import { bars, html, type Html } from '@postern/report';

/** What is in the queue: by age, by destination, by sender and by reason. */
export function queuePlots({
  total,
  byQueue,
  byAge,
  byRecipientDomain,
  bySender,
  byReason,
}: QueueSummary): Html {
  if (total === 0) return html`<p class="ok">The queue is empty.</p>`;
  const counts = Object.entries(byQueue).map(([name, count]) => `${count} ${name}`);
  return html`<p>${total} messages: ${counts.join(', ')}.</p>
<h3>By age, in minutes</h3>${plot('Messages by age in minutes', byAge)}
<h3>By destination</h3>${plot('Messages by recipient domain', greatest(byRecipientDomain))}
<h3>By sender</h3>${plot('Messages by sender', greatest(bySender))}
<h3>By reason</h3>${plot('Messages by reason', greatest(byReason))}`;
}

function plot(title: string, counts: Readonly<Record<string, number>>): Html {
  return bars({ title, rows: Object.entries(counts).map(([label, value]) => ({ label, value })) });
}

function greatest(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counts)
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, 12),
  );
}
