/** The look of what is in the panel of `<hub-bell>`. */

export const INBOX_STYLES = `
.head { display: flex; align-items: center; justify-content: space-between; gap: 1rem; padding: .75rem .75rem .75rem 1rem;
  border-block-end: 1px solid var(--line); }
.filter { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: center; border-block-end: 1px solid var(--line); padding-inline-end: .5rem; }
.filter .tabs { border: 0; }
.filter select { flex: 1; min-inline-size: 6rem; max-inline-size: 9rem; margin-block: .25rem; margin-inline-start: .5rem; min-block-size: 1.75rem; padding-block: .125rem; font-size: .8125rem; }
.notice { border-block-end: 1px solid var(--line); }
.scroll { overflow-y: auto; overscroll-behavior: contain; }
li { display: grid; grid-template-columns: .5rem 1fr auto; gap: .125rem .75rem; padding: .75rem .75rem .75rem 1rem; border-block-end: 1px solid var(--line); }
li:last-child { border-block-end: 0; }
li.unread { background: color-mix(in srgb, var(--tint) 45%, transparent); }
.dot { margin-block-start: .4375rem; }
.unread .dot { block-size: .5rem; background: var(--accent); border: 1px solid var(--accent); border-radius: 50%; }
.unread .title { font-weight: 650; }
.body, .meta { grid-column: 2 / -1; }
.deeds { display: flex; margin-block: -.3125rem; }
.why { min-block-size: 1.5rem; padding: 0 .5rem; text-decoration: underline dotted; text-underline-offset: .2em; }
.empty { display: grid; justify-items: center; gap: .5rem; padding: 3rem 1.5rem; text-align: center; color: var(--quiet); }
.empty svg { inline-size: 2rem; block-size: 2rem; }
.more { inline-size: 100%; padding: .75rem; }
`;
