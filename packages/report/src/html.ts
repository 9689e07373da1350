/** Markup that is safe to put into a page. Made by {@link html} only, so that no text gets in unescaped. */
export interface Html {
  readonly markup: string;
}

/** What a template takes: text and numbers are escaped, markup is kept, lists are joined, `undefined` and `false` are left out. */
export type HtmlValue = Html | string | number | false | undefined | readonly HtmlValue[];

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an element or a quoted attribute, in HTML and in SVG. Control characters, which XML forbids, become U+FFFD. */
export function escapeText(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex -- these are the characters that must not get through
      .replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/g, '\uFFFD')
      .replaceAll(/[&<>"']/g, (char) => escapes[char]!)
  );
}

/**
 * A template of markup: html`<p>${text}</p>`.
 *
 * @param values - escaped unless they were made by `html` themselves. Attributes must be quoted in the template.
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let markup = strings[0]!;
  values.forEach((value, index) => {
    markup += markupOf(value) + strings[index + 1]!;
  });
  return { markup };
}

function markupOf(value: HtmlValue): string {
  if (value === undefined || value === false) return '';
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number') return String(value);
  if ('markup' in value) return value.markup;
  return value.map(markupOf).join('');
}
