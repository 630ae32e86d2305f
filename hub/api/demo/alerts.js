/** Notifications of the system: asked for by a click, and then shown by whichever tab is elected, once it is hidden. */

import {find} from "./dom.js";
import {words} from "./words.js";

const KEPT = "demo-desktop";
let desktop = null;

/** Offer them for a client; what was chosen in one tab holds for all of this browser. */
export function offerAlerts(client) {
  find("alerts").hidden = false;
  find("desktop").addEventListener("click", () => void toggle(client));
  window.addEventListener("storage", ({key}) => key === KEPT && void settle(client));
  void settle(client);
}

async function toggle(client) {
  if (desktop) localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, "on");
  await settle(client);
  if (desktop) show(await desktop.ask());
}

/** Do as was chosen. The module is loaded only where it is wanted. */
async function settle(client) {
  const wanted = localStorage.getItem(KEPT) === "on";
  if (wanted && !desktop) {
    const {desktopNotifications} = await import("/client/desktop.js");
    desktop ??= desktopNotifications(client, {icon: "/demo/icon.svg"});
  } else if (!wanted) {
    desktop?.stop();
    desktop = null;
  }
  show(desktop?.state ?? "");
}

function show(state) {
  const isOn = state === "granted";
  const said = {granted: words.desktopOn, denied: words.desktopDenied, unsupported: words.desktopMissing};
  find("desktop").setAttribute("aria-pressed", String(isOn));
  find("desktop-state").textContent = said[state] ?? "";
}
