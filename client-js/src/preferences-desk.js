/**
 * Keeps what a person chose in step with the hub; without the DOM. A change is shown at once and sent when those before it
 * are answered; what the hub refuses is taken back alone, what is changed elsewhere comes in between.
 *
 * @typedef {import("./hub.js").HubClient} HubClient
 * @typedef {import("./preferences-rules.js").Cell} Cell
 * @typedef {import("./preferences-rules.js").Option} Option
 * @typedef {import("./preferences-rules.js").Preferences} Preferences
 * @typedef {import("./preferences-rules.js").State} State
 * @typedef {{
 *   furnish: (state: State) => void,
 *   say: (text: string, kind?: string, offer?: string, act?: () => void) => void,
 * }} View `furnish`: build the controls anew; `say`: tell something and offer to do something about it
 */

import {Controls} from "./preferences-controls.js";
import {readAll, readLists} from "./preferences-reading.js";
import {listed, merged} from "./preferences-rules.js";
import {words} from "./strings.js";

/** Lists that are kept as a whole, and where. */
const LISTS = {accounts: "rollup", lines: "line-opt-ins"};

export class Desk {
  /** @type {Controls<State>} */
  controls = new Controls();
  #client;
  #view;
  /** As the hub has it, null until it is read. @type {State | null} */
  #kept = null;
  /** Changes that the hub has not answered yet, in order. @type {((state: State) => State)[]} */
  #wished = [];
  #queue = Promise.resolve();
  /** The reading under way. @type {object | null} */
  #reading = null;
  /** What was heard since it began. @type {Preferences | null} */
  #heard = null;
  /** What the controls were built for. */
  #shape = "";

  /** @param {HubClient} client @param {View} view */
  constructor(client, view) {
    this.#client = client;
    this.#view = view;
  }

  /** Read all, or some of it, anew. @param {(client: HubClient) => Promise<Partial<State>>} [how] */
  async read(how = readAll) {
    const reading = this.#reading = {};
    this.#heard = null;
    const found = await how(this.#client).catch(() => null);
    if (reading !== this.#reading) return;
    this.#reading = null;
    if (found) this.#found(found);
    else if (!this.#kept) this.#view.say(words.unavailable, "bad", words.retry, () => void this.read());
  }

  /** Read what may have been missed, unless that is under way. */
  catchUp() {
    if (!this.#reading) void this.read();
  }

  /** Take what was changed, here or elsewhere. When the preferences are as they were, it was a list. @param {Preferences} preferences */
  hear(preferences) {
    this.#heard = preferences;
    if (!this.#kept) return;
    const isKnown = Object.keys(preferences.types).join() === this.#kept.types.map(({id}) => id).join();
    const isSame = JSON.stringify(preferences) === JSON.stringify(this.#kept.preferences);
    this.#kept = {...this.#kept, preferences};
    this.#draw();
    if (!isKnown || isSame) void this.read(isKnown ? readLists : readAll);
  }

  /**
   * @param {import("./preferences-rules.js").Patch} patch
   * @param {string} [name] what it is of, for who is told that it was refused
   * @param {readonly Cell[]} [cells] what it turns on: of a single channel a sample is offered (AMB-37)
   */
  save(patch, name = "", cells = []) {
    this.#wish((state) => ({...state, preferences: merged(state.preferences, patch)}), name, "PATCH", "preferences", () => patch, ({warnings}) => {
      const [first, more] = cells;
      const left = warnings.map((/** @type {{type: string}} */ {type: id}) => this.#kept?.types.find((each) => each.id === id)?.title ?? id);
      if (left.length) this.#view.say(words.preferencesWarned(left.join(", ")), "warn");
      else if (!first || more || first[1] === "au") this.#view.say(words.preferencesSaved, "ok");
      else this.#view.say(words.preferencesSaved, "ok", words.preferencesSample, () => void this.sample(...first));
    });
  }

  /** @param {keyof LISTS} list @param {string} id @param {boolean} on */
  choose(list, id, on) {
    this.#wish((state) => ({...state, [list]: listed(state[list], id, on)}), "", "PUT", LISTS[list], (state) => ({[list]: state[list]}), () => this.#view.say(words.preferencesSaved, "ok"));
  }

  /** @param {string} type @param {Option} channel */
  async sample(type, channel) {
    /** @type {[string, string]} */
    let said = [words.preferencesSent, "ok"];
    try {
      const {deliveries: [delivery]} = /** @type {any} */ (await this.#client.request("v1/samples", {method: "POST", body: {type, channels: [channel]}}));
      if (["skipped", "failed"].includes(delivery?.state)) said = [words.preferencesUnsent(delivery.reason.replaceAll("_", " ")), "warn"];
    } catch (error) {
      said = [words.preferencesUnsent(why(error)), "bad"];
    }
    this.#view.say(...said, words.preferencesSample, () => void this.sample(type, channel));
  }

  /** @param {Partial<State>} found */
  #found(found) {
    if (!this.#kept) this.#view.say("");
    const state = this.#kept = /** @type {State} */ ({...this.#kept, ...found});
    if (this.#heard) state.preferences = this.#heard;
    this.#draw(JSON.stringify([state.types, state.below, state.numbers]));
  }

  /** Show what the hub has, and over it what it has not answered. */
  #draw(shape = this.#shape) {
    if (!this.#kept) return;
    const state = this.#wished.reduce((before, change) => change(before), this.#kept);
    if (shape !== this.#shape) {
      this.controls = new Controls();
      this.#view.furnish(state);
    }
    this.#shape = shape;
    this.controls.draw(state);
  }

  /**
   * Show a change at once, and send it in its turn.
   * @param {(state: State) => State} change
   * @param {string} name
   * @param {string} method
   * @param {string} path
   * @param {(state: State) => object} body
   * @param {(answer: any) => void} done
   */
  #wish(change, name, method, path, body, done) {
    this.#wished.push(change);
    this.#draw();
    this.#queue = this.#queue.then(async () => {
      const kept = () => change(/** @type {State} */ (this.#kept));
      let isStale = false;
      try {
        const answer = await this.#client.request(`v1/users/me/${path}`, {method, body: body(kept())});
        this.#kept = kept();
        isStale = this.#reading !== null; // what is being read may be older
        done(answer);
      } catch (error) {
        isStale = true;
        this.#view.say(words.preferencesRefused(why(error), name), "bad");
      }
      this.#wished = this.#wished.filter((other) => other !== change);
      this.#draw();
      if (isStale) void this.read();
    });
  }
}

/** Say why something failed: what the hub says of the field, else of the whole, else that it does not answer. @param {any} error */
function why({code, errors, message}) {
  return code ? errors?.[0]?.message ?? message : words.preferencesSilent;
}
