import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { defineConfig, type DefaultTheme, type UserConfig } from 'vitepress';

const docs = join(import.meta.dirname, '..');

/** The guides by what somebody wants to do, in the order in which they are read. */
const guides: Readonly<Record<string, readonly string[]>> = {
  'Make it safe': ['start', 'harden', 'apply-and-undo', 'remote-hosts', 'fleet', 'modernise'],
  'Understand it': ['configuration', 'catalogue', 'simulate', 'web'],
  'Run it': ['policy-server', 'block-lists', 'spf', 'queue', 'tune', 'resolve-names'],
  'Seen from outside': [
    'deliverability',
    'check-domain',
    'check-host',
    'check-message',
    'records',
    'transport-evidence',
  ],
};

/** The names of a folder's pages, in the order of the alphabet. */
const namesIn = (folder: string): string[] =>
  globSync(`${folder}/*.md`, { cwd: docs })
    .map((file) => basename(file, '.md'))
    .filter((name) => name !== 'index')
    .toSorted();

/** Pages of a folder with their first headings as titles. */
function pages(folder: string, names: readonly string[] = namesIn(folder)): DefaultTheme.SidebarItem[] {
  return names.map((name) => ({
    text: /^# (.+)$/m.exec(readFileSync(join(docs, folder, `${name}.md`), 'utf8'))?.[1] ?? name,
    link: `/${folder}/${name}`,
  }));
}

const shown = new Set(['command', ...Object.values(guides).flat()]);
const forgotten = namesIn('guide').filter((name) => !shown.has(name));
if (forgotten.length > 0) throw new Error(`in no group of guides: ${forgotten.join(', ')}`);

const config: UserConfig<DefaultTheme.Config> = defineConfig({
  // A page asks for nothing that its reader did not ask for: the playground says so of itself.
  router: { prefetchLinks: false },
  title: 'Postern',
  description: 'Harden, tune and operate Postfix mail servers from TypeScript and from the command line',
  lang: 'en',
  cleanUrls: true,
  lastUpdated: false,
  // Links into the reference hold once typedoc has written it; a build for tests goes without.
  ...(process.env['POSTERN_DOCS_WITHOUT_API']
    ? { srcExclude: ['api/**'], ignoreDeadLinks: [/^\/api\//] }
    : {}),
  vite: {
    // What the compiler is set to is newer than what this bundler knows by name.
    esbuild: { tsconfigRaw: { compilerOptions: { target: 'es2022' } } },
    // The playground runs the rooms from their sources, as the tests do.
    resolve: { conditions: ['@postern/source', 'module', 'browser', 'development|production'] },
  },
  markdown: {
    // Pages and docstrings talk about ${…} and {{ }}: nothing in them is a template.
    config(md) {
      for (const rule of ['code_inline', 'text'] as const) {
        const render = md.renderer.rules[rule];
        md.renderer.rules[rule] = (tokens, index, options, env, self) => {
          const html = render
            ? render(tokens, index, options, env, self)
            : md.utils.escapeHtml(tokens[index]!.content);
          return html.replaceAll('{{', '&#123;&#123;');
        };
      }
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    notFound: {
      title: 'There is no such page',
      quote: 'It may have been renamed. The search finds what is there.',
      linkText: 'To the first page',
      linkLabel: 'To the first page',
    },
    nav: [
      { text: 'Start', link: '/guide/start' },
      { text: 'Guide 2026', link: '/hardening-guide' },
      { text: 'Playground', link: '/playground' },
      { text: 'Rules', link: '/rules/' },
      { text: 'Reference', link: '/reference/packages' },
      { text: 'Benchmarks', link: '/benchmarks' },
    ],
    sidebar: [
      {
        text: 'Guide 2026',
        items: [
          { text: 'Hardening Postfix in 2026', link: '/hardening-guide' },
          { text: 'Before and after', link: '/before-and-after' },
        ],
      },
      ...Object.entries(guides).map(([text, names]) => ({ text, items: pages('guide', names) })),
      {
        text: 'Reference',
        items: [...pages('guide', ['command']), ...pages('reference')],
      },
      { text: 'Migration', collapsed: true, items: pages('migrate') },
      { text: 'Rules', collapsed: true, items: pages('rules') },
      {
        text: 'About',
        items: [
          { text: 'Architecture', link: '/architecture' },
          { text: 'Security model', link: '/security-model' },
          { text: 'What other tools find', link: '/comparison' },
          { text: 'Findings checked by hand', link: '/findings-checked' },
          { text: 'Faults that were tried', link: '/faults' },
          { text: 'Benchmarks', link: '/benchmarks' },
          { text: 'Ten thousand mail servers', link: '/scale' },
        ],
      },
    ],
  },
});

export default config;
