"use strict";
// uWebSockets.js as a notification gateway: bus message in, one frame of its own per user out.
// Usage: node server.js PORT STORE_PORT CHANNEL
const uWS = require("@trufflesuite/uws-js-unofficial");
const { unpack } = require("msgpackr");
const { listen } = require("./bus.js");

if (!Object.keys(require.cache).some((name) => /uws_\w+\.node$/.test(name))) {
  throw new Error("uWebSockets.js runs on its JavaScript fallback here: nothing worth comparing with");
}

const [port, storePort, channel] = process.argv.slice(2);
const tabs = new Map(); // user -> {ws, owed: [frames of this tick]}
const indebted = [];

uWS
  .App()
  .ws("/ws", {
    compression: uWS.DISABLED,
    maxPayloadLength: 65536,
    maxBackpressure: 1048576,
    closeOnBackpressureLimit: true,
    idleTimeout: 120,
    upgrade: (response, request, context) => {
      response.upgrade(
        { user: request.getQuery("u") },
        request.getHeader("sec-websocket-key"),
        request.getHeader("sec-websocket-protocol"),
        request.getHeader("sec-websocket-extensions"),
        context,
      );
    },
    open: (ws) => tabs.set(ws.getUserData().user, { ws, owed: [] }),
    message: () => {},
    close: (ws) => tabs.delete(ws.getUserData().user),
  })
  .listen("127.0.0.1", Number(port), (listening) => {
    if (!listening) process.exit(1);
  });

listen(Number(storePort), channel, (payload) => {
  const { base, record, users } = unpack(payload);
  const line = record.indexOf("\n");
  const body = record.slice(1, line);
  const reasons = JSON.parse(record.slice(line + 1));
  const open = `{"id":"${base}-`;
  const endings = {}; // reason code -> the part of an entry that all its users share
  for (const code of Object.keys(reasons)) {
    endings[code] = `","state":"unread","reason":${JSON.stringify(reasons[code])},${body}}`;
  }
  for (const [user, index, seq, unread, tab, , code] of users) {
    const target = tabs.get(user);
    if (target === undefined) continue;
    if (target.owed.length === 0) {
      if (indebted.length === 0) setImmediate(pay);
      indebted.push(target);
    }
    target.owed.push(
      `{"op":"notify","seq":${seq},"popup":${tab !== ""},"unread":${unread},"entry":${open}${index}${endings[code]}`,
    );
  }
});

/** Sends each socket all that it is owed in this turn of the loop: one frame as it is, several corked into one write. */
function pay() {
  for (const { ws, owed } of indebted) {
    if (owed.length === 1) {
      ws.send(owed[0], false);
    } else {
      ws.cork(() => {
        for (const frame of owed) ws.send(frame, false);
      });
    }
    owed.length = 0;
  }
  indebted.length = 0;
}

process.on("SIGTERM", () => process.exit(0));
