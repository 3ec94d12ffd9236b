import dgram from "node:dgram";

/** Seconds from 1900, where NTP counts from, to 1970. */
const epochOffset = 2_208_988_800;

function timestamp(): Buffer {
  const now = Date.now();
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(Math.floor(now / 1000) + epochOffset, 0);
  bytes.writeUInt32BE(Math.floor(((now % 1000) / 1000) * 2 ** 32), 4);
  return bytes;
}

/** Answers as RFC 4330 says (SNTP), with this box's clock, on the address that it is given; says so when it does. */
const socket = dgram.createSocket("udp4");
socket.on("message", (request, { port, address: client }) => {
  const received = timestamp();
  const answer = Buffer.alloc(48);
  // No leap second, version 4, mode 4 (server); stratum 2, poll 2^6 s, precision 2^-10 s.
  answer.set([0x24, 2, 6, 0xf6], 0);
  answer.write("LOCL", 12, "ascii");
  received.copy(answer, 16);
  request.copy(answer, 24, 40, 48);
  received.copy(answer, 32);
  timestamp().copy(answer, 40);
  socket.send(answer, port, client);
});
socket.bind(123, process.argv[2], () => {
  process.stdout.write("answering\n");
});
