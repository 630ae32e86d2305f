/** The places of the page, named by the hash of its address, so that they can be linked to and gone back to. */

import {find} from "./dom.js";
import {dress} from "./switches.js";

const VIEWS = ["customers", "settings"];

/** Show the place that the address names, and follow it. */
export function showViews(client) {
  const show = () => {
    if (location.hash === "#main") return; // the way past the header, within whatever is shown
    const wanted = VIEWS.find((view) => location.hash === `#${view}`) ?? VIEWS[0];
    for (const view of VIEWS) {
      find(`view-${view}`).hidden = view !== wanted;
      const link = document.querySelector(`#views a[href="#${view}"]`);
      if (view === wanted) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (wanted === "settings") furnish(client);
  };
  window.addEventListener("hashchange", () => {
    show();
    scrollTo(0, 0);
  });
  show();
}

/** Put the settings in, once somebody comes to see them: the element fetches what it shows. */
function furnish(client) {
  if (document.querySelector("hub-preferences")) return;
  const made = document.createElement("hub-preferences");
  made.client = client;
  dress(made);
  find("view-settings").append(made);
}
