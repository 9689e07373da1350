/** A block of HCL as Terraform reads it: `resource "type" "label" { … }`, with blocks within it. */
export interface HclBlock {
  readonly type: string;
  readonly labels: readonly string[];
  readonly attributes: Readonly<Record<string, HclValue>>;
  readonly blocks: readonly HclBlock[];
}

export type HclValue = string | number | readonly HclValue[];

/**
 * Reads the part of HCL that snippets of records are written in: comments, blocks, strings, numbers and lists.
 *
 * @throws SyntaxError for whatever else there is, with the line
 */
export function parseHcl(text: string): readonly HclBlock[] {
  let at = 0;
  const fail = (wanted: string): never => {
    const line = text.slice(0, at).split('\n').length;
    throw new SyntaxError(`line ${line}: ${wanted}, not ${JSON.stringify(text.slice(at, at + 20))}`);
  };
  const take = (pattern: RegExp): string | undefined => {
    const sticky = new RegExp(pattern, 'y');
    sticky.lastIndex = at;
    const found = sticky.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const need = (pattern: RegExp, what: string): string => take(pattern) ?? fail(what);
  const blanks = (): unknown => take(/[ \t]*/);
  const lines = (): unknown => take(/(?:[ \t\n]|#[^\n]*\n)*/);
  const identifier = /[a-z_]\w*/;

  const string = (): string => {
    need(/"/, 'a string');
    let value = '';
    while (!take(/"/)) {
      value +=
        take(/[^"\\\n$%]+/) ??
        take(/([$%])\1(?=\{)/)?.[0] ??
        take(/[$%](?!\{)/) ??
        (JSON.parse(`"${need(/\\(?:[nrt"\\]|u[\da-fA-F]{4})/, 'the rest of a string')}"`) as string);
    }
    return value;
  };
  const value = (): HclValue => {
    const number = take(/\d+/);
    if (number !== undefined) return Number(number);
    if (!take(/\[/)) return string();
    const list: HclValue[] = [];
    while (!take(/\]/)) {
      if (list.length > 0) need(/, */, 'a comma');
      list.push(value());
    }
    return list;
  };
  const body = (isEnd: () => boolean): Pick<HclBlock, 'attributes' | 'blocks'> => {
    const attributes: Record<string, HclValue> = {};
    const blocks: HclBlock[] = [];
    for (lines(); !isEnd(); lines()) {
      const name = need(identifier, 'a name');
      blanks();
      if (take(/=/)) {
        blanks();
        if (name in attributes) fail(`${name} once`);
        attributes[name] = value();
      } else {
        const labels: string[] = [];
        for (; text[at] === '"'; blanks()) labels.push(string());
        need(/\{\n/, 'a block');
        blocks.push({ type: name, labels, ...body(() => take(/\}/) !== undefined) });
      }
      need(/\n/, 'the end of a line');
    }
    return { attributes, blocks };
  };
  const { attributes, blocks } = body(() => at === text.length);
  if (Object.keys(attributes).length > 0) fail('blocks alone');
  return blocks;
}
