/**
 * The look that all elements share: custom properties, buttons, fields, focus, light and dark, forced colours. A view adds
 * its own style sheet: `root.adoptedStyleSheets = themed(STYLES)`.
 *
 *   .primary  filled button      .action  text button       .icon    round button with an icon
 *   .panel    surface card       .tabs    [role=tablist]    .notice  a line that tells something
 *   .quiet    secondary text     .hidden  for screen readers only    .text  what people wrote
 */

import {sheet} from "./dom.js";

const THEME = `
:host {
  color-scheme: light dark;
  --surface: var(--hub-surface, light-dark(#fff, #1e2130));
  --text: var(--hub-text, light-dark(#171a2b, #eef0f8));
  --quiet: var(--hub-quiet, light-dark(#5b6078, #a6abc2));
  --line: var(--hub-line, light-dark(#e3e5ef, #343850));
  --edge: var(--hub-edge, light-dark(#858aa3, #7f85a0));
  --wash: var(--hub-wash, light-dark(#f4f5fb, #282c3f));
  --accent: var(--hub-accent, light-dark(#4f46e5, #9d97ff));
  --on-accent: var(--hub-on-accent, light-dark(#fff, #171a2b));
  --tint: var(--hub-tint, light-dark(#eeedff, #322f5e));
  --urgent: var(--hub-urgent, light-dark(#c02643, #ff8fa3));
  --shade: light-dark(rgb(24 27 56 / .16), rgb(0 0 0 / .55));
  font: var(--hub-font, 400 .875rem/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif);
  color: var(--text);
}
:host([data-theme="light"]) { color-scheme: light; }
:host([data-theme="dark"]) { color-scheme: dark; }
* { box-sizing: border-box; margin: 0; }
[hidden] { display: none !important; }
h2, h3 { font-size: 1rem; font-weight: 650; }
ul { list-style: none; padding: 0; }
button, input, select, textarea { font: inherit; color: inherit; background: none; border: 0; border-radius: .5rem; }
button, label { cursor: pointer; }
:disabled { cursor: default; opacity: .5; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
input, select, textarea { background: var(--surface); border: 1px solid var(--edge); padding: .375rem .625rem; min-block-size: 2rem; max-inline-size: 100%; }
[type="checkbox"] { inline-size: 1.125rem; block-size: 1.125rem; min-block-size: 0; accent-color: var(--accent); vertical-align: middle; }
svg { inline-size: 1.125rem; block-size: 1.125rem; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round;
  stroke-linejoin: round; display: block; }
a { color: inherit; text-decoration: none; }
a:hover, .text a { text-decoration: underline; text-underline-offset: .15em; }
.text { white-space: pre-line; }
.text, .title, .meta { overflow-wrap: anywhere; }
.text, .title { unicode-bidi: plaintext; text-align: -webkit-match-parent; text-align: match-parent; }
.quiet { color: var(--quiet); font-size: .8125rem; }
.badge { display: inline-block; border: 1px solid; border-radius: 1rem; padding: 0 .5rem; margin-inline-end: .5rem; font-weight: 600; font-size: .75rem; }
.panel { background: var(--surface); border: 1px solid var(--line); border-radius: .875rem; box-shadow: 0 1.25rem 3rem -.75rem var(--shade); }
.notice { display: flex; align-items: center; justify-content: space-between; gap: .5rem; padding: .625rem 1rem; background: var(--wash); }
.primary, .action { padding: .3125rem .75rem; min-block-size: 2rem; font-weight: 550; font-size: .8125rem; }
.primary { display: inline-flex; align-items: center; gap: .375rem; background: var(--accent); color: var(--on-accent); }
.primary:hover:enabled { filter: brightness(1.08); }
.action { color: var(--accent); }
.action:hover:enabled { background: var(--tint); }
.icon { inline-size: 2rem; block-size: 2rem; display: grid; place-items: center; color: var(--quiet); padding: 0; }
.icon:hover { background: var(--wash); color: var(--text); }
.tabs { display: flex; gap: .25rem; padding-inline: .5rem; border-block-end: 1px solid var(--line); }
.tabs > * { padding: .5rem .625rem; color: var(--quiet); font-weight: 550; font-size: .8125rem; border-radius: .5rem .5rem 0 0; border-block-end: 2px solid transparent; }
.tabs > :hover { color: var(--text); }
.tabs > [aria-selected="true"] { color: var(--accent); border-block-end-color: currentColor; }
.hidden { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (forced-colors: active) {
  button:not(.icon) { border: 1px solid ButtonBorder; }
  .panel { border: 1px solid CanvasText !important; }
  .tabs > [aria-selected="false"] { border-color: Canvas; }
}
`;

/** Give the style sheets of a view: what all share, and its own. @param {...string} css */
export function themed(...css) {
  return [THEME, ...css].map(sheet);
}
