import { encodeText } from '@postern/config';
import { applyToFolder } from '@postern/controller';
import type { Files, Plan } from '@postern/plan';
import { html } from '@postern/report';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Chapter } from '../chapter.ts';

/** Applies the plan to a copy of the files, the way it would be applied to the folder itself. */
export async function applyToCopy(files: Files, plan: Plan, copy: string): Promise<Chapter> {
  await mkdir(copy);
  for (const name of ['main.cf', 'master.cf']) {
    if (files[name] !== undefined) await writeFile(join(copy, name), encodeText(files[name]));
  }
  const { status, changed } = await applyToFolder(copy, plan);
  const said = status === 'applied' ? `written: ${changed.join(', ')}` : 'nothing to write';
  return {
    name: 'Apply',
    what: `to a copy in ${copy}`,
    lines: [said],
    body: html`<p>To a copy in <code>${copy}</code>; ${said}.</p>`,
  };
}
