/** The look of the dialog of `<hub-broadcast>`, which leaves room for pop-ups beside it, or on a narrow screen below it. */

export const STYLES = `
dialog { margin-block: 6dvh auto; margin-inline: max(.5rem, min(50% - 18rem, 100% - 62rem)) auto; padding: 0;
  inline-size: min(36rem, 100% - 1rem); max-block-size: 88dvh; color: var(--text); overflow: hidden; }
dialog[open], form { display: flex; flex-direction: column; min-block-size: 0; }
dialog::backdrop { background: rgb(10 12 30 / .45); }
.head, .foot { display: flex; align-items: center; gap: .5rem; padding: .75rem 1.25rem; border-block-end: 1px solid var(--line); }
.foot { border-block-start: 1px solid var(--line); border-block-end: 0; min-block-size: 3.5rem; }
h2, .foot p { flex: 1; }
.scroll { overflow-y: auto; overscroll-behavior: contain; padding: 1rem 1.25rem; display: grid; gap: 1rem; }
.fields { display: grid; gap: 1rem; }
.field, fieldset { display: grid; gap: .375rem; border: 0; padding: 0; min-inline-size: 0; align-content: start; }
.field > label, legend { font-weight: 600; font-size: .8125rem; padding: 0; }
legend { margin-block-end: .375rem; }
textarea { resize: vertical; }
::placeholder { color: var(--quiet); opacity: 1; }
.tools { display: flex; align-items: center; gap: .25rem; }
.tools span { margin-inline-start: auto; }
.bold { font-weight: 800; }
.italic { font-style: italic; }
.underlined { text-decoration: underline; }
.groups { display: flex; flex-wrap: wrap; gap: .5rem; max-block-size: 11rem; overflow-y: auto; }
.groups label { display: flex; align-items: center; gap: .5rem; padding: .3125rem .75rem; border: 1px solid var(--line);
  border-radius: 2rem; }
.groups :has(:checked) { background: var(--tint); border-color: var(--accent); }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: 1rem; }
.wrong, .over { color: var(--urgent); font-size: .8125rem; }
.wrong:empty, h3:empty, .preview:not([hidden]) ~ .sent { display: none; }
[aria-invalid="true"] { border-color: var(--urgent); }
[aria-busy="true"] button { opacity: .5; }
.preview { display: grid; gap: .375rem; padding: 1rem; border-radius: .875rem; background: var(--wash); }
.fields:not([hidden]) ~ .sent { border-block-start: 1px solid var(--line); padding-block-start: 1rem; }
li { display: grid; grid-template-columns: 1fr auto; gap: .25rem .75rem; padding-block: .75rem; border-block-end: 1px solid var(--line); }
li:last-child { border: 0; }
li .text { font-weight: 600; }
.body { grid-column: 1 / -1; display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow: hidden; }
li .action { margin-block: -.3125rem; align-self: start; }
dl { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; grid-column: 1 / -1; }
@media (max-width: 38rem) { dialog { margin-block-start: .5rem; max-block-size: calc(100dvh - 11rem); } }
@media (max-height: 24rem) {
  dialog { margin-block-start: .5rem; max-block-size: calc(100dvh - 1rem); overflow-y: auto; }
  form { flex: none; }
  .scroll { overflow: visible; }
  .foot { flex-wrap: wrap; }
}
dd { font-variant-numeric: tabular-nums; font-weight: 600; }
`;
