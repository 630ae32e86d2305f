/** The look of the elements: constructable style sheets, themed by custom properties and parts, light and dark. */

import {sheet} from "./dom.js";

const THEME = `
  :host {
    color-scheme: light dark;
    --surface: var(--hub-surface, light-dark(#fff, #1e2130));
    --text: var(--hub-text, light-dark(#171a2b, #eef0f8));
    --quiet: var(--hub-quiet, light-dark(#5b6078, #a6abc2));
    --line: var(--hub-line, light-dark(#e3e5ef, #343850));
    --wash: var(--hub-wash, light-dark(#f4f5fb, #282c3f));
    --accent: var(--hub-accent, light-dark(#4f46e5, #9d97ff));
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
  button { font: inherit; color: inherit; background: none; border: 0; border-radius: .5rem; cursor: pointer; }
  button:disabled { cursor: default; opacity: .45; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  svg { inline-size: 1.125rem; block-size: 1.125rem; fill: none; stroke: currentColor; stroke-width: 1.8;
        stroke-linecap: round; stroke-linejoin: round; display: block; }
  a { color: inherit; text-decoration: none; }
  a:hover { text-decoration: underline; text-underline-offset: .15em; }
  .text { overflow-wrap: anywhere; }
  .quiet { color: var(--quiet); font-size: .8125rem; }
  @media (forced-colors: active) {
    button { border: 1px solid ButtonBorder; }
    .card, .panel { border: 1px solid CanvasText !important; }
  }
`;

const POPUPS = `
  :host {
    position: fixed; inset: auto; inset-block-end: var(--hub-offset-block, 1rem); inset-inline-end: var(--hub-offset-inline, 1rem);
    display: block; z-index: 2147483000; inline-size: min(24rem, 100% - 1rem - var(--hub-offset-inline, 1rem)); max-block-size: calc(100dvh - 2rem);
    margin: 0; padding: 0; border: 0; background: none; overflow: visible; pointer-events: none;
  }
  ::slotted(*) { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  section { display: flex; flex-direction: column; gap: .625rem; min-block-size: 1px; }
  .card {
    pointer-events: auto; position: relative; display: grid; grid-template-columns: auto 1fr auto; gap: .125rem .75rem;
    padding: .875rem .625rem .875rem .875rem; background: var(--surface); border: 1px solid var(--line); border-radius: .875rem;
    box-shadow: 0 .75rem 2rem -.5rem var(--shade), 0 .125rem .375rem var(--shade); animation: rise .28s cubic-bezier(.2, .9, .3, 1.1);
  }
  .mark { grid-row: span 3; inline-size: 2.25rem; block-size: 2.25rem; border-radius: 50%; display: grid; place-items: center;
          background: var(--tint); color: var(--accent); }
  .important { border-inline-start: .25rem solid var(--urgent); }
  .important .mark { color: var(--urgent); }
  .title { font-weight: 600; align-self: center; grid-column: 2; }
  .body { grid-column: 2 / -1; padding-inline-end: .5rem; display: -webkit-box; -webkit-line-clamp: 4; -webkit-box-orient: vertical;
          overflow: hidden; white-space: pre-line; }
  .meta { grid-column: 2 / -1; margin-block-start: .125rem; }
  .close { grid-column: 3; grid-row: 1; inline-size: 2rem; block-size: 2rem; display: grid; place-items: center; color: var(--quiet);
           margin-block-start: -.25rem; }
  .close:hover, .bar button:hover { background: var(--wash); color: var(--text); }
  .bar { pointer-events: auto; display: flex; gap: .5rem; justify-content: flex-end; align-items: center; }
  .bar button { padding: .375rem .875rem; min-block-size: 2rem; border-radius: 1rem; background: var(--surface); border: 1px solid var(--line);
                box-shadow: 0 .25rem .75rem -.25rem var(--shade); font-weight: 550; font-size: .8125rem; }
  @keyframes rise { from { opacity: 0; transform: translateY(1rem) scale(.97); } }
  @media (prefers-reduced-motion: reduce) { .card { animation: appear .2s; } @keyframes appear { from { opacity: 0; } } }
`;

const BELL = `
  :host { position: relative; display: inline-block; }
  .bell { position: relative; inline-size: 2.5rem; block-size: 2.5rem; display: grid; place-items: center; border-radius: 50%; }
  .bell svg { inline-size: 1.375rem; block-size: 1.375rem; }
  .bell:hover, .bell[aria-expanded="true"] { background: var(--hub-bell-hover, var(--wash)); }
  .count { position: absolute; inset-block-start: .125rem; inset-inline-end: 0; min-inline-size: 1.125rem; padding: 0 .3125rem; border-radius: .5625rem;
           background: #d92d50; color: #fff; font-size: .6875rem; font-weight: 700; line-height: 1.125rem; text-align: center;
           box-shadow: 0 0 0 2px var(--hub-bell-ring, var(--surface)); }
  .panel { position: fixed; inset: auto; margin: 0; padding: 0; inline-size: min(24rem, 100% - 1rem); max-block-size: min(36rem, 100dvh - 5rem);
           display: flex; flex-direction: column; background: var(--surface); color: var(--text); border: 1px solid var(--line);
           border-radius: .875rem; box-shadow: 0 1.25rem 3rem -.75rem var(--shade); overflow: hidden; z-index: 2147482000; }
  .head { display: flex; align-items: center; justify-content: space-between; gap: 1rem; padding: .75rem .75rem .75rem 1rem;
           border-block-end: 1px solid var(--line); }
  h2 { font-size: 1rem; font-weight: 650; }
  .action { padding: .3125rem .625rem; color: var(--accent); font-weight: 550; font-size: .8125rem; }
  .action:hover:enabled { background: var(--tint); }
  .notice { padding: .625rem 1rem; background: var(--wash); }
  .scroll { overflow-y: auto; overscroll-behavior: contain; }
  ul { list-style: none; padding: 0; }
  li { display: grid; grid-template-columns: .5rem 1fr auto; gap: .125rem .75rem; padding: .75rem .75rem .75rem 1rem; border-block-end: 1px solid var(--line); }
  li:last-child { border-block-end: 0; }
  li.unread { background: color-mix(in srgb, var(--tint) 45%, transparent); }
  .dot { inline-size: .5rem; block-size: .5rem; border-radius: 50%; margin-block-start: .4375rem; }
  .unread .dot { background: var(--accent); }
  .unread .title { font-weight: 650; }
  .body { grid-column: 2 / -1; white-space: pre-line; }
  .meta { grid-column: 2 / -1; }
  .mark { inline-size: 2rem; block-size: 2rem; margin-block: -.3125rem; display: grid; place-items: center; color: var(--quiet); }
  .mark:hover { background: var(--tint); color: var(--accent); }
  .empty { display: grid; justify-items: center; gap: .5rem; padding: 3rem 1.5rem; text-align: center; color: var(--quiet); }
  .empty svg { inline-size: 2rem; block-size: 2rem; }
  .more { inline-size: 100%; padding: .75rem; }
  .hidden { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;

export const popupStyles = () => [sheet(THEME), sheet(POPUPS)];
export const bellStyles = () => [sheet(THEME), sheet(BELL)];
