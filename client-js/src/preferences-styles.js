/** The look of `<hub-preferences>`. */

export const STYLES = `
:host { display: block; container-type: inline-size; }
.panel { box-shadow: none; }
.tabs { padding: 0; margin-block-end: 1rem; }
[role="tabpanel"] > * { display: grid; gap: 1rem; }
.switch, .find, .bar { display: flex; align-items: center; gap: .625rem; }
.switch { min-block-size: 1.75rem; }
.ways, dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 1rem 2rem; }
dl { grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); }
.ways { padding: 1rem; }
.ways > div, label.quiet { display: grid; gap: .5rem; align-content: start; }
.ways > div > :first-child, dt, b { font-weight: 600; }
label.quiet > * { color: var(--text); inline-size: 100%; }
:invalid { border-color: var(--urgent); }
.hours { display: grid; grid-template-columns: 1fr 1fr; gap: .5rem; }
.hours > :last-child { grid-column: 1 / -1; }
dl { padding-inline: 1rem; }
.find input { inline-size: min(20rem, 100%); }
table { inline-size: 100%; border-spacing: 0; table-layout: fixed; overflow: clip; }
thead { background: var(--wash); }
th { font-weight: inherit; text-align: start; padding: .625rem 1rem; }
td, th:not(:first-child) { inline-size: clamp(4.5rem, 9cqi, 6rem); padding: 0; text-align: center; }
th:not(:first-child) { color: var(--quiet); font-size: .75rem; font-weight: 550; padding-block: .5rem; vertical-align: top; }
tbody > * > *, li + li { border-block-start: 1px solid var(--line); }
tbody > :hover { background: var(--wash); }
td label, th label { display: grid; place-items: center; gap: .375rem; }
td label { min-block-size: 3rem; align-content: center; }
small { font-size: .6875rem; color: var(--quiet); line-height: 1; }
.badge { color: var(--accent); }
th input, td:last-child input { accent-color: var(--edge); }
.part th input { visibility: hidden; }
:has(> .ways > :nth-child(1) > .switch > :not(:checked)) td:nth-child(4) label,
:has(> .ways > :nth-child(2) > :first-child > :not(:checked)) td:nth-child(5) label { opacity: .4; }
tbody th { position: relative; }
summary { inline-size: fit-content; min-block-size: 1.5rem; padding-block: .125rem; border-radius: .5rem; color: var(--accent); cursor: pointer; list-style: none; }
li .switch { padding: .625rem 1rem; }
.bar { position: sticky; inset-block-end: 1rem; inline-size: fit-content; margin: 1rem auto 0; padding: .5rem 1rem; pointer-events: none;
  border-radius: 2rem; box-shadow: 0 .5rem 1.5rem -.25rem var(--shade); }
.bar:has(:first-child:empty) { clip-path: inset(50%); }
.bar > button { pointer-events: auto; }
.ok, .ok > button { animation: leave .4s 8s forwards; }
.ok > button { animation-name: hide; }
.ok:has(:hover, :focus), .ok > :is(:hover, :focus) { animation: none; }
@keyframes leave { to { opacity: 0; } }
@keyframes hide { to { visibility: hidden; } }
.bad { border-color: var(--urgent); color: var(--urgent); }
.warn { border-color: var(--accent); }
@container (width < 40rem) {
  dl { grid-template-columns: 1fr 1fr; padding: 0; }
  :is(th, td):nth-child(6) { display: none; }
  tr { display: grid; grid-template-columns: repeat(4, 1fr); }
  :is(th, td):not(:first-child) { inline-size: auto; }
  :is(th, td):first-child { grid-column: 1 / -1; padding-block-end: 0; }
  td { border: 0 !important; }
}
@container (width >= 40rem) {
  @media (hover: hover) {
    summary { position: absolute; inset-block-start: .5rem; inset-inline-end: 0; padding-inline: .5rem; background: var(--wash); }
    tr:not(:hover, :focus-within) details:not([open]) > summary { opacity: 0; }
  }
}
`;
