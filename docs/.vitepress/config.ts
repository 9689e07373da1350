import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { defineConfig, type DefaultTheme, type UserConfig } from 'vitepress';

const docs = join(import.meta.dirname, '..');

/** The pages of a folder with their first headings as titles; `first` names those that come before the rest. */
function pages(folder: string, first: readonly string[] = []): { text: string; link: string }[] {
  const rank = (name: string): number => (first.includes(name) ? first.indexOf(name) : first.length);
  return globSync(`${folder}/*.md`, { cwd: docs })
    .map((file) => ({ file, name: basename(file, '.md') }))
    .filter(({ name }) => name !== 'index')
    .toSorted((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name))
    .map(({ file, name }) => ({
      text: /^# (.+)$/m.exec(readFileSync(join(docs, file), 'utf8'))?.[1]?.replaceAll('`', '') ?? name,
      link: `/${folder}/${name}`,
    }));
}

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
    nav: [
      { text: 'Start', link: '/guide/start' },
      { text: 'Guide 2026', link: '/hardening-guide' },
      { text: 'Playground', link: '/playground' },
      { text: 'Rules', link: '/rules/' },
      { text: 'Reference', link: '/api/' },
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
      { text: 'Guides', items: pages('guide', ['start', 'harden', 'apply-and-undo']) },
      { text: 'The command', link: '/reference/command' },
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
