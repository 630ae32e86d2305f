/** The look of `<hub-popups>`. */

export const POPUPS_STYLES = `
:host {
  position: fixed; inset: auto; inset-block-end: var(--hub-offset-block, 1rem); inset-inline-end: var(--hub-offset-inline, 1rem);
  display: block; z-index: 2147483000; inline-size: min(24rem, 100% - 1rem - var(--hub-offset-inline, 1rem)); max-block-size: calc(100dvh - 2rem);
  margin: 0; padding: 0; border: 0; background: none; overflow: visible; pointer-events: none;
}
:host([data-aside]) { inset-block: var(--hub-offset-block, 1rem) auto; }
::slotted(*) { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
section { display: flex; flex-direction: column; gap: .625rem; min-block-size: 1px; }
.card {
  pointer-events: auto; display: grid; grid-template-columns: auto 1fr auto; gap: .125rem .75rem;
  padding: .875rem .625rem .875rem .875rem; box-shadow: 0 .75rem 2rem -.5rem var(--shade), 0 .125rem .375rem var(--shade);
  animation: rise .28s cubic-bezier(.2, .9, .3, 1.1);
}
.timed, .timed .body { touch-action: pan-y; }
.mark { grid-row: span 3; inline-size: 2.25rem; block-size: 2.25rem; border-radius: 50%; display: grid; place-items: center;
  background: var(--tint); color: var(--accent); }
.important { border-inline-start: .25rem solid var(--urgent); }
.important .mark { color: var(--urgent); }
.title { font-weight: 600; align-self: center; grid-column: 2; }
.body, .meta { grid-column: 2 / -1; }
.title, .body { padding-inline-end: .5rem; max-block-size: 5.8em; overflow-y: auto; overscroll-behavior: contain; }
.meta { margin-block-start: .125rem; }
.close { margin-block-start: -.25rem; }
.bar { pointer-events: auto; display: flex; gap: .5rem; justify-content: flex-end; }
.bar button { border-radius: 1rem; background: var(--surface); border: 1px solid var(--line); color: var(--text);
  box-shadow: 0 .25rem .75rem -.25rem var(--shade); }
.bar button:hover { background: var(--wash); }
@keyframes rise { from { opacity: 0; transform: translateY(1rem) scale(.97); } }
@media (max-height: 40rem) { section { max-block-size: calc(100dvh - 6rem); overflow-y: auto; } }
@media (prefers-reduced-motion: reduce) { .card { animation: appear .2s; } @keyframes appear { from { opacity: 0; } } }
`;
