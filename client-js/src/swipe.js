/** Lets a finger or a pen push a card aside. The mouse selects text instead, and buttons are only pressed. */

/** Pushed further than this, px, it goes. */
const AWAY = 45;

/** @param {HTMLElement} card @param {() => void} gone */
export function swipeable(card, gone) {
  /** @type {number | null} */
  let from = null;
  const push = (/** @type {number} */ by) => card.style.setProperty("translate", by ? `${by}px` : "");
  card.addEventListener("pointerdown", ({pointerType, clientX, target}) => {
    from = pointerType === "mouse" || /** @type {Element} */ (target).closest("button") ? null : clientX;
  });
  card.addEventListener("pointermove", ({clientX}) => {
    if (from !== null) push(clientX - from);
  });
  for (const type of /** @type {const} */ (["pointerup", "pointercancel"])) card.addEventListener(type, ({clientX}) => {
    const far = from !== null && type === "pointerup" && Math.abs(clientX - from) > AWAY;
    from = null;
    push(0);
    if (far) gone();
  });
}
