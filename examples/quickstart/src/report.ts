import { page } from '@postern/report';
import { writeFile } from 'node:fs/promises';
import type { Chapter } from './chapter.ts';
import type { Subject } from './subject.ts';

/** Writes all stations as one HTML file that needs nothing else. */
export async function writeReport(
  file: string,
  { name, version }: Subject,
  chapters: readonly Chapter[],
): Promise<void> {
  const html = page({
    title: `The whole road: Postfix on ${name}`,
    lead: `What is so, what is wrong, what to do about it, and what was proved, for Postfix ${version}.`,
    sections: chapters.map((chapter) => ({ title: `${chapter.name}: ${chapter.what}`, body: chapter.body })),
    footer: `Made by npm start on ${new Date().toISOString().slice(0, 10)}. Nothing in it is fetched from elsewhere.`,
  });
  await writeFile(file, html);
}
