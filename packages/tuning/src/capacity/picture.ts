import { bars, type Html } from '@postern/report';
import type { Bound } from './capacity.ts';

/** Bars on a logarithmic scale of messages a second: a bound that is ten times another is one step longer. */
function scaleOf(rates: readonly number[], length: number): (rate: number) => number {
  const low = Math.floor(Math.log10(Math.max(0.01, Math.min(...rates)))) - 0.5;
  const high = Math.log10(Math.max(0.02, ...rates));
  return (rate) => Math.max(1, ((Math.log10(Math.max(rate, 0.01)) - low) / (high - low)) * length);
}

export interface PictureOptions {
  /** A rate that was measured, in messages a second. */
  readonly measured?: number;
}

/**
 * The bounds as text.
 *
 *     smtpd processes          ██████████████                 100/s  ← binds; without it 465/s
 *     CPU                      ████████████████████████████   465/s
 */
export function boundsText(bounds: readonly Bound[], { measured }: PictureOptions = {}): string {
  const rates = knownRates(bounds, measured);
  const scale = scaleOf(rates, 30);
  const width = Math.max(...bounds.map(({ label }) => label.length), 8);
  const row = (label: string, rate: number | undefined, note: string): string =>
    rate === undefined
      ? `${label.padEnd(width)}  ${'not known'.padEnd(30)}${note}`
      : `${label.padEnd(width)}  ${'█'.repeat(Math.round(scale(rate))).padEnd(30)} ${printRate(rate)}${note}`;
  const lines = bounds.map(({ label, perSecond, binding, lifted }) =>
    row(
      label,
      perSecond,
      binding ? `  ← binds${lifted === undefined ? '' : `; without it ${printRate(lifted)}`}` : '',
    ),
  );
  if (measured !== undefined) lines.push(row('measured', measured, ''));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** The bounds as an SVG of its own. */
export function boundsSvg(bounds: readonly Bound[], options: PictureOptions = {}): string {
  // Alone, it has no page around it to take its colours from.
  const svg = boundsBars(bounds, options).markup.trim();
  return svg.replace('>', `><style>${alone}</style>`);
}

const alone =
  'text{font:13px sans-serif;fill:#1c2127}.bar{fill:#2f6690}.bar.error{fill:#b3261e}.bar.ok{fill:#1d6b3a}';

/** The bounds as a picture for a page of @postern/report. */
export function boundsBars(bounds: readonly Bound[], { measured }: PictureOptions = {}): Html {
  return bars({
    title: 'Messages a second that each resource allows, on a logarithmic scale',
    scale: 'log',
    rows: [
      ...bounds.map(({ label, perSecond, binding }) => ({
        label,
        value: perSecond ?? 0,
        text: perSecond === undefined ? 'not known' : `${printRate(perSecond)}${binding ? ' (binds)' : ''}`,
        ...(binding && { level: 'error' as const }),
      })),
      ...(measured === undefined
        ? []
        : [{ label: 'measured', value: measured, text: printRate(measured), level: 'ok' as const }]),
    ],
  });
}

function knownRates(bounds: readonly Bound[], measured: number | undefined): number[] {
  const rates = [...bounds.map(({ perSecond }) => perSecond), measured].filter((rate) => rate !== undefined);
  return rates.length === 0 ? [1] : rates;
}

function printRate(rate: number): string {
  return `${rate >= 100 ? Math.round(rate) : Number(rate.toPrecision(3))}/s`;
}
