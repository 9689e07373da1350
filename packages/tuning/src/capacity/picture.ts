import { escapeText } from '../report/plots.ts';
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
export function boundsSvg(bounds: readonly Bound[], { measured }: PictureOptions = {}): string {
  const rates = knownRates(bounds, measured);
  const scale = scaleOf(rates, 380);
  const rows = [
    ...bounds,
    ...(measured === undefined
      ? []
      : [{ label: 'measured', perSecond: measured, binding: false, formula: 'measured' }]),
  ];
  const height = rows.length * 28 + 30;
  const body = rows.map(({ label, perSecond, binding, formula }, index) => {
    const y = index * 28 + 10;
    const text = perSecond === undefined ? 'not known' : printRate(perSecond);
    const length = perSecond === undefined ? 0 : scale(perSecond);
    const color = binding ? '#b3261e' : label === 'measured' ? '#2e7d32' : '#5b7083';
    return (
      `<g><title>${escapeText(formula)}</title><text x="0" y="${y + 14}">${escapeText(label)}</text>` +
      `<rect x="220" y="${y}" width="${length.toFixed(1)}" height="18" fill="${color}"/>` +
      `<text x="${(226 + length).toFixed(1)}" y="${y + 14}">${text}${binding ? ' (binds)' : ''}</text></g>`
    );
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 ${height}" width="760" height="${height}" ` +
    `font-family="sans-serif" font-size="13" role="img"><title>Messages a second that each resource allows</title>` +
    `${body.join('')}<text x="220" y="${height - 6}" fill="#777">messages a second, logarithmic</text></svg>`
  );
}

function knownRates(bounds: readonly Bound[], measured: number | undefined): number[] {
  const rates = [...bounds.map(({ perSecond }) => perSecond), measured].filter((rate) => rate !== undefined);
  return rates.length === 0 ? [1] : rates;
}

function printRate(rate: number): string {
  return `${rate >= 100 ? Math.round(rate) : Number(rate.toPrecision(3))}/s`;
}
