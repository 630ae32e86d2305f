/** The look of `<hub-bell>`. */

export const BELL_STYLES = `
:host { position: relative; display: inline-block; }
.bell { position: relative; inline-size: 2.5rem; block-size: 2.5rem; display: grid; place-items: center; border-radius: 50%; }
.bell svg { inline-size: 1.375rem; block-size: 1.375rem; }
.bell:hover, .bell[aria-expanded="true"] { background: var(--hub-bell-hover, var(--wash)); }
.count { position: absolute; inset-block-start: .125rem; inset-inline-end: 0; min-inline-size: 1.125rem; padding: 0 .3125rem; border-radius: .5625rem;
  background: #d92d50; color: #fff; font-size: .6875rem; font-weight: 700; line-height: 1.125rem; text-align: center;
  box-shadow: 0 0 0 2px var(--hub-bell-ring, var(--surface)); }
.panel { position: fixed; inset: auto; margin: 0; padding: 0; inline-size: min(24rem, 100% - 1rem); max-block-size: min(36rem, 100dvh - 5rem);
  display: flex; flex-direction: column; color: var(--text); overflow: hidden; z-index: 2147482000; }
`;
