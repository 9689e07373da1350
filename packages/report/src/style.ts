import type { Html } from './html.ts';

/** One sheet for every page: system fonts, both colour schemes, plots that take their colours from it. */
export const style: Html = {
  markup: `
:root{color-scheme:light dark;--text:#1c2127;--dim:#5d6874;--line:#d9dee3;--back:#fff;--soft:#f3f5f7;--mark:#2f6690;--error:#b3261e;--warning:#8a5a00;--ok:#1d6b3a}
@media(prefers-color-scheme:dark){:root{--text:#e4e8ec;--dim:#9aa6b2;--line:#39424c;--back:#14181c;--soft:#1e242a;--mark:#7fb2dc;--error:#ff8a80;--warning:#e9b44c;--ok:#7ccf98}}
*{box-sizing:border-box}
body{overflow-wrap:break-word;margin:0;background:var(--back);color:var(--text);font:16px/1.55 system-ui,sans-serif}
main{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0}h2{font-size:1.25rem;margin:2.5rem 0 .6rem;padding-top:.6rem;border-top:1px solid var(--line)}h3{font-size:1.02rem;margin:1.4rem 0 .3rem}
.lead,footer,small,.dim{color:var(--dim)}footer{margin-top:3rem;font-size:.85rem}
nav ol{columns:2;column-gap:2.5rem;padding-left:1.2rem}a{color:var(--mark)}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.93rem}caption{text-align:left;color:var(--dim);padding-bottom:.3rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}th,td:first-child{overflow-wrap:break-word}thead th{color:var(--dim);font-weight:600}td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
code,pre{font:.87em/1.5 ui-monospace,monospace;background:var(--soft);border-radius:3px}code{padding:.1em .3em;overflow-wrap:anywhere}pre{padding:.8rem;overflow-x:auto}pre code{padding:0;background:none}
.error{color:var(--error)}.warning{color:var(--warning)}.note{color:var(--dim)}.ok{color:var(--ok)}.error,.warning,.ok{font-weight:600}
del{color:var(--error);text-decoration:none}ins{color:var(--ok);text-decoration:none}
svg{max-width:100%;height:auto;display:block;margin:.6rem 0}svg text{fill:var(--text);font:13px system-ui,sans-serif}svg .dim{fill:var(--dim)}svg .bar{fill:var(--mark)}svg .bar.error{fill:var(--error)}svg .bar.warning{fill:var(--warning)}svg .bar.ok{fill:var(--ok)}svg .axis{stroke:var(--line)}svg .bound{stroke:var(--error);stroke-dasharray:5 4}svg .series{fill:none;stroke-width:2}
@media print{nav{display:none}h2{break-after:avoid}tr,svg{break-inside:avoid}}
@media(max-width:40rem){nav ol{columns:1}}
`.trim(),
};
