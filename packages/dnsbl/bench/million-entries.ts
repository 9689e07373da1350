import { startRbldnsd, type Rbldnsd } from '@postern/testbed';

/** The n-th of distinct addresses, all of them ordinary ones: 1.0.0.0 to 9.255.255.255, in no order. */
export function addressAt(index: number): string {
  const value = 0x01000000 + ((index * 7_368_787) % 0x09000000);
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** Whether the list holds it: every second one. */
export function isListed(index: number): boolean {
  return index % 2 === 0;
}

/** rbldnsd with a million single addresses on one list. */
export async function startMillionEntries(zone: string): Promise<Rbldnsd> {
  const lines = ['127.0.0.2', ...Array.from({ length: 1_000_000 }, (_, index) => addressAt(index * 2))];
  return startRbldnsd({
    zones: [{ zone, type: 'ip4set', data: `:127.0.0.2:listed, see $\n${lines.join('\n')}\n` }],
  });
}
