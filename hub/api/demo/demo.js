/** The demo page: a small CRM in which a person opens tabs as different users and lets things happen. */

import "/client/elements.js";
import {HubClient} from "/client/hub.js";
import {offerAlerts} from "./alerts.js";
import {showCustomers} from "./customers.js";
import {find} from "./dom.js";
import {call, offerForm} from "./happen.js";
import {accountName, avatar, meet, personOf, rolesOf, showPeople} from "./people.js";
import {watchOutbox} from "./outbox.js";
import {watchFrames, watchTabs} from "./scenes.js";
import {offerLooks} from "./switches.js";
import {showViews} from "./views.js";
import {putWords, words} from "./words.js";

const me = new URLSearchParams(location.search).get("as");

function start(found) {
  meet(found);
  showPeople();
  offerForm(found, me);
  const user = personOf(me);
  if (me !== null && !user) miss();
  const client = user ? become(user, found) : null;
  watchTabs(client);
  void watchOutbox();
}

/** Let this tab be somebody's. */
function become(user, found) {
  document.title = `${user.name} · Acme Homes`;
  find("greeting").textContent = words.hello(user.name);
  find("position").textContent = words.roleAt(rolesOf(user), accountName(user.account));
  find("me").hidden = false;
  find("me").append(avatar(user.id), user.name);
  const getToken = async () => (await call("/demo/token", {user: user.id})).token;
  const client = new HubClient({url: location.origin, getToken});
  for (const name of ["hub-popups", "hub-bell", "hub-broadcast"]) document.querySelector(name).client = client;
  watchFrames(client);
  showCustomers(found, user.id);
  showViews(client);
  offerAlerts(client);
  return client;
}

/** Nobody is called so: the page is nobody's. */
function miss() {
  delete document.documentElement.dataset.as;
  find("headline").textContent = words.noUser(me);
  find("lead").textContent = words.noUserHint;
}

putWords();
offerLooks();
call("/demo/users").then(start, ({message}) => { find("nobody").textContent = words.reload(message); });
