import { valueOf } from '../facts/fact.ts';
import type { HostFacts } from '../facts/host-facts.ts';

/** Whether memory is so short that the host swaps: tasks stand still for it, and swap is in use. */
export function isSwapping({ memory, pressure }: HostFacts): boolean {
  const stalled = valueOf(pressure.memory)?.full[1] ?? 0;
  const [total, free] = [valueOf(memory.swapTotal) ?? 0, valueOf(memory.swapFree) ?? 0];
  return stalled > 0.05 && (total === 0 || (total - free) / total > 0.25);
}

/** Whether the CPU is what everybody waits for. */
export function isCpuBound({ cpu, pressure }: HostFacts): boolean {
  const waiting = valueOf(pressure.cpu)?.some[1];
  if (waiting !== undefined) return waiting > 0.5;
  const [load, count] = [valueOf(cpu.load)?.[1], valueOf(cpu.usable)];
  return load !== undefined && count !== undefined && load > 1.5 * count;
}

/** Whether the disk is what everybody waits for. */
export function isDiskBound({ pressure, cpu }: HostFacts): boolean {
  const waiting = valueOf(pressure.io)?.full[1];
  return waiting === undefined ? (valueOf(cpu.iowait) ?? 0) > 0.3 : waiting > 0.2;
}

/** Whether messages move now. */
export function isMailFlowing({ queue }: HostFacts): boolean {
  return (valueOf(queue.messages.active) ?? 0) + (valueOf(queue.messages.incoming) ?? 0) > 0;
}
