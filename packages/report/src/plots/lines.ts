import { html, type Html } from '../html.ts';
import { formatNumber } from '../table.ts';

export interface Series {
  readonly label: string;
  /** `[x, y]` in the order of x. Points that are not finite, or beyond 2^53, leave a gap. */
  readonly points: readonly (readonly [number, number])[];
}

export interface Lines {
  readonly title: string;
  /** What x and y count, with the unit: `seconds`, `messages`. */
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
}

type Scale = (value: number) => number;

const width = 680;
const height = 260;
const left = 64;
const right = width - 16;
const top = 12;
const base = height - 58;
const colours = ['--mark', '--warning', '--ok', '--error', '--dim'];

/** Values over time, or over anything that grows, as an SVG line chart that begins at zero. Without points it is nothing. */
export function lines({ title, x, y, series }: Lines): Html {
  const points = series.flatMap((one) => one.points).filter(isDrawable);
  if (points.length === 0) return html``;
  const first = Math.min(...points.map(([px]) => px));
  const last = Math.max(...points.map(([px]) => px));
  const most = niceTop(Math.max(...points.map(([, py]) => py)));
  const placeX: Scale = (value) => left + ((value - first) / (last - first || 1)) * (right - left);
  const placeY: Scale = (value) => base - (Math.max(value, 0) / most) * (base - top);
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img"><title>${title}</title>
${[0, most / 2, most].map((value) => gridLine(value, placeY(value)))}<text class="dim" x="${left}" y="${base + 18}">${formatNumber(first)}</text><text class="dim" x="${right}" y="${base + 18}" text-anchor="end">${formatNumber(last)}</text><text class="dim" x="${(left + right) / 2}" y="${base + 18}" text-anchor="middle">${x} → ${y}</text>
${series.map((one, index) => lineOf(one, index, placeX, placeY))}</svg>
`;
}

function gridLine(value: number, place: number): Html {
  const y = place.toFixed(1);
  return html`<line class="axis" x1="${left}" x2="${right}" y1="${y}" y2="${y}"/><text class="dim" x="${left - 6}" y="${(place + 4).toFixed(1)}" text-anchor="end">${formatNumber(value)}</text>\n`;
}

function lineOf({ label, points }: Series, index: number, placeX: Scale, placeY: Scale): Html {
  const colour = `var(${colours[index % colours.length] ?? '--mark'})`;
  return html`<path class="series" style="stroke:${colour}" d="${pathOf(points, placeX, placeY)}"/><text x="${left + index * 120}" y="${height - 10}"><tspan style="fill:${colour}">■</tspan> ${label}</text>\n`;
}

function pathOf(points: Series['points'], placeX: Scale, placeY: Scale): string {
  let pen = 'M';
  let path = '';
  for (const point of points) {
    if (isDrawable(point)) {
      path += `${pen}${placeX(point[0]).toFixed(1)} ${placeY(point[1]).toFixed(1)}`;
      pen = 'L';
    } else pen = 'M';
  }
  return path;
}

function isDrawable([x, y]: readonly [number, number]): boolean {
  return Math.abs(x) <= Number.MAX_SAFE_INTEGER && Math.abs(y) <= Number.MAX_SAFE_INTEGER;
}

/** The next of 1, 2, 5 times a power of ten. */
function niceTop(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}
