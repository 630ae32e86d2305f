/** Importing this defines the elements. */

import {HubBell} from "./bell.js";
import {HubPopups} from "./popups.js";

export {HubBell, HubPopups};

for (const [name, constructor] of /** @type {const} */ ([["hub-popups", HubPopups], ["hub-bell", HubBell]])) {
  if (!customElements.get(name)) customElements.define(name, constructor);
}
