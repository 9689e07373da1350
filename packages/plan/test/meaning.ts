import { parseMain, parseMaster, serviceOf, valueOf } from '@postern/config';
import type { Files } from '@postern/plan';

/** What files mean, apart from where things stand and how they are laid out. */
export function meaningOf(files: Files): unknown {
  const { 'main.cf': main, 'master.cf': master, ...others } = files;
  const parameters = parseMain(main ?? '').entries.flatMap((entry) =>
    entry.type === 'parameter'
      ? [
          [
            entry.name,
            valueOf(entry)
              .replace(/[\s,]+/g, ' ')
              .trim(),
          ] as const,
        ]
      : [],
  );
  const services = parseMaster(master ?? '').entries.flatMap((entry) => {
    if (entry.type !== 'service') return [];
    const service = serviceOf(entry);
    const options = Object.fromEntries(service.options.map(({ name, value }) => [name, value]));
    return [[`${entry.name}/${entry.serviceType}`, { ...service, options }] as const];
  });
  return { parameters: Object.fromEntries(parameters), services: Object.fromEntries(services), others };
}
