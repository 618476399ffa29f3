/**
 * How a report looks: on a phone, on a desk, on paper, in the dark.
 *
 * Neither `<`, `>` nor `&` may stand here: a style element of HTML knows no entities.
 *
 * @module
 */

/** The style sheet. */
export const STYLE_SHEET = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --shade: #f4f6f8;
  --link: #0a52a8; --ram: #dfe5ec; --measured: #1f6f4a; --unmeasured: #b35900; --gone: #b3261e;
  --realm: #6d3fb0; --ripas: #8a97a6; --rec: #0a62b8; --activate: #1b1f24; --mark: #fff3c4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #101418; --ink: #e8ecf0; --soft: #a3adb8; --line: #39424d; --shade: #1a2027;
    --link: #7db7ff; --ram: #2b343e; --measured: #4cc38a; --unmeasured: #f0a14a; --gone: #ff8a80;
    --realm: #b79bff; --ripas: #6f7c8a; --rec: #6cb0ff; --activate: #e8ecf0; --mark: #4a3c10;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: auto; }
body {
  margin: 0 auto; max-width: 76rem; padding: 0 1rem 2rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif;
}
a { color: var(--link); }
a:focus-visible, [tabindex]:focus-visible, summary:focus-visible {
  outline: 3px solid var(--link); outline-offset: 2px;
}
main:focus { outline: none; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--paper); padding: .25rem .5rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 1.5rem 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .5rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; overflow-wrap: anywhere; }
p { margin: .5rem 0; max-width: 44rem; }
nav ul { list-style: none; margin: 1rem 0; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: .875em; }
pre { overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; margin: .25rem 0; }
.hash { overflow-wrap: anywhere; word-break: break-all; }
td .hash, .rim .hash { display: inline-block; text-wrap: balance; }
.rim { font-size: 1rem; padding: .6rem .8rem; background: var(--shade); border: 1px solid var(--line);
  border-left: .35rem solid var(--measured); border-radius: .25rem; margin: .75rem 0; }
.rim strong { display: block; font-size: .85rem; color: var(--soft); font-weight: 600; }
.soft, caption { color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-size: .875rem; padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); font-weight: normal; }
thead th { font-size: .8rem; color: var(--soft); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; overflow-wrap: break-word; }
.calls, .command { white-space: nowrap; }
.proof { border: 1px solid currentColor; border-radius: 1rem; padding: 0 .5rem; font-size: .8rem; white-space: nowrap; }
.weak { color: var(--unmeasured); font-weight: 600; }
.kind { display: inline-block; width: .75rem; height: .75rem; margin-right: .4rem; border-radius: 2px; }
.kind-ram { background: var(--ram); border: 1px solid var(--soft); }
.kind-hatch { background: repeating-linear-gradient(45deg, var(--unmeasured) 0 2px, transparent 2px 5px); border: 1px solid var(--unmeasured); }
.kind-realm { background: var(--realm); }
.kind-ripas { background: var(--ripas); }
.kind-data, .fill-data { background: var(--measured); fill: var(--measured); }
.kind-memory { background: var(--unmeasured); }
.kind-rec { background: var(--rec); }
.kind-activate { background: var(--activate); }
.fill-ram { fill: var(--ram); stroke: var(--line); }
.map { display: block; width: 100%; max-width: 34rem; height: auto; }
.map text { fill: var(--ink); font: 600 15px system-ui, sans-serif; }
.map .small { fill: var(--soft); font: 12.5px ui-monospace, "DejaVu Sans Mono", monospace; }
.map .lead { stroke: var(--soft); fill: none; stroke-width: 1; }
.map .hatch { stroke: var(--unmeasured); stroke-width: 3; }
.map .gap { stroke: var(--soft); stroke-width: 1.5; fill: none; stroke-dasharray: 4 3; }
.map .mark { fill: var(--gone); font-weight: 700; }
.map .differs { fill: none; stroke: var(--gone); stroke-width: 3; }
.strip { display: flex; height: 2rem; border: 1px solid var(--line); border-radius: .25rem; overflow: hidden; }
.strip span { flex: 0 1 0; min-width: 4px; border-right: 1px solid var(--paper); overflow: hidden; white-space: nowrap;
  text-overflow: ellipsis; padding: 0; text-align: center; font: 600 .8rem/2rem system-ui, sans-serif; color: var(--paper); }
.strip span:last-child { border-right: 0; }
.strip.many span { min-width: 0; border: 0; }
svg, .kind, .strip { forced-color-adjust: none; }
summary { cursor: pointer; padding: .5rem 0; color: var(--link); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0; margin: .5rem 0; font-size: .9rem; }
.columns { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem 2rem; }
@media (min-width: 56rem) { .columns { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } }
.different { background: var(--mark); }
.cause { border-left: .35rem solid var(--gone); background: var(--mark); padding: .5rem .75rem; margin: .5rem 0; border-radius: .25rem; }
.cause p { margin: .1rem 0; overflow-wrap: anywhere; max-width: none; }
.removed { color: var(--gone); } .added { color: var(--measured); }
.effects { padding-left: 1.25rem; } .effects li { margin: .4rem 0; overflow-wrap: anywhere; }
footer { margin-top: 3rem; font-size: .85rem; color: var(--soft); border-top: 1px solid var(--line); padding-top: .5rem; }
@media (max-width: 40rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, caption, tbody, tr { display: block; }
  tbody tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
  tbody th { display: block; border: 0; padding: .1rem 0; }
  td { display: grid; grid-template-columns: 7.25rem minmax(0, 1fr); gap: .5rem; border: 0; padding: .1rem 0; }
  td::before { content: attr(data-label); color: var(--soft); font-size: .8rem; font-weight: 600; line-height: 1.9; }
  td.empty, .pairs td::before { display: none; }
  .pairs td { display: block; }
  .calls { white-space: normal; }
  .map text { font-size: 16px; }
  .map .small { font-size: 14px; }
}
@media print {
  :root {
    --paper: #ffffff; --ink: #000000; --soft: #333333; --line: #999999; --shade: #ffffff; --link: #000000;
    --ram: #e8e8e8; --measured: #1f6f4a; --unmeasured: #8a4500; --gone: #8a1c16; --mark: #f2f2f2;
  }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav, .skip { display: none; }
  .scroll { overflow: visible; }
  .map { max-width: 20rem; }
  tr, .rim, .cause, svg { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  svg, .kind, .strip { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
