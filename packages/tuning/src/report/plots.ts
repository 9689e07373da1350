/** A bar chart of a few named shares or counts as SVG. */
export function barsSvg(
  title: string,
  rows: readonly { readonly label: string; readonly value: number; readonly text: string }[],
  most: number,
): string {
  const height = rows.length * 24 + 8;
  const bars = rows.map(({ label, value, text }, index) => {
    const length = most > 0 ? Math.max(1, (Math.min(value, most) / most) * 380) : 1;
    const y = index * 24 + 4;
    return `<text x="0" y="${y + 13}">${escapeText(label)}</text><rect x="160" y="${y}" width="${length.toFixed(1)}" height="16" fill="#5b7083"/><text x="${(166 + length).toFixed(1)}" y="${y + 13}">${escapeText(text)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 ${height}" width="680" height="${height}" font-family="sans-serif" font-size="13" role="img"><title>${escapeText(title)}</title>${bars.join('')}</svg>`;
}

/** Text for HTML and XML, in elements and attributes. */
export function escapeText(text: string): string {
  return text.replaceAll(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
