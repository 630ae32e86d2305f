"use strict";
// Listens to one sharded channel of the store. A reader of its own, as lean as the hub's: a general client library
// would cost this peer several microseconds a message that say nothing about WebSockets.
const net = require("node:net");

const CR = 13;

/** Calls onMessage(payload: Buffer) for each message on the channel, in order, synchronously as they are read. */
function listen(port, channel, onMessage) {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
  let rest = null;
  socket.on("connect", () =>
    socket.write(`*2\r\n$10\r\nSSUBSCRIBE\r\n$${Buffer.byteLength(channel)}\r\n${channel}\r\n`),
  );
  socket.on("data", (chunk) => {
    const data = rest ? Buffer.concat([rest, chunk]) : chunk;
    let position = 0;
    for (;;) {
      const end = takeReply(data, position, onMessage);
      if (end < 0) break;
      position = end;
    }
    rest = position < data.length ? data.subarray(position) : null;
  });
  socket.on("close", () => process.exit(1));
  socket.on("error", () => process.exit(1));
}

/** Takes one three-part reply (`smessage` or `ssubscribe`); returns where it ends, or -1 while it is not whole. */
function takeReply(data, start, onMessage) {
  let position = lineEnd(data, start);
  if (position < 0) return -1;
  const parts = [];
  for (let index = 0; index < 3; index += 1) {
    const head = position;
    position = lineEnd(data, head);
    if (position < 0) return -1;
    if (data[head] !== 0x24) {
      parts.push(null); // the `:1` of a subscribe confirmation
      continue;
    }
    const length = number(data, head + 1);
    if (position + length + 2 > data.length) return -1;
    parts.push(data.subarray(position, position + length));
    position += length + 2;
  }
  if (parts[2] !== null) onMessage(parts[2]);
  return position;
}

function lineEnd(data, from) {
  const found = data.indexOf(CR, from);
  return found < 0 || found + 2 > data.length ? -1 : found + 2;
}

function number(data, from) {
  let value = 0;
  for (let index = from; data[index] !== CR; index += 1) value = value * 10 + data[index] - 48;
  return value;
}

module.exports = { listen };
