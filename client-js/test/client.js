import {connect} from "../src/hub.js";
import {Clock, FakePage, settled, sockets, token, welcome} from "./scene.js";

/** A client in a scene where clock, chance, sockets, page and HTTP are the test's. */
export async function scene(options = {}, {visibility = "visible", focus = true} = {}, profile = {locks: null, BroadcastChannel: null}, random = () => 0.5) {
  const clock = new Clock();
  const page = new FakePage(visibility, focus);
  const wires = sockets();
  const asked = [];
  const answers = [];
  const fetch = async (url, request) => {
    asked.push([url, request]);
    const [status, body] = answers.shift();
    return {status, ok: status < 400, statusText: "", json: async () => body};
  };
  const issued = [];
  const getToken = async () => {
    issued.push(token(clock.time + 3_600_000, `t${issued.length + 1}`));
    return issued.at(-1);
  };
  const client = connect({url: "https://hub.example", getToken, ...options}, {
    ...clock, now: clock.now, random, WebSocket: wires.FakeSocket, page, fetch, ...profile,
  });
  const heard = [];
  for (const type of ["notification", "popups", "closed", "unread", "elected", "connection", "preferences", "error"]) {
    client.addEventListener(type, ({detail}) => heard.push([type, detail]));
  }
  await settled();
  return {client, clock, page, wires, asked, answers, issued, heard, types: () => heard.splice(0).map(([type]) => type)};
}

export async function connected(options, more, profile, random) {
  const made = await scene(options, {}, profile, random);
  made.wires.last.open();
  made.wires.last.hear(welcome(more));
  await settled();
  return made;
}

/** Pass time until a new socket is made; tell how long that took, in steps of 50 ms. */
export async function wait({wires, clock}) {
  const known = wires.made.length;
  for (let waited = 0; ; waited += 50) {
    if (wires.made.length > known) return waited;
    clock.pass(50);
    await settled();
  }
}
