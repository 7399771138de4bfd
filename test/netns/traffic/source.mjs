// Sends UDP flows with sequence numbers: `node source.mjs PREFIX PORT FLOWS MILLISECONDS [PACKETS]`.
// Flow N goes to PREFIX.N.1 from a socket of its own, one packet every MILLISECONDS. Ends after PACKETS packets of
// each flow, or at the first line on stdin, with one line of JSON: how many packets each flow has sent.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const [prefix, ...numbers] = process.argv.slice(2);
const [port, flows, interval, packets = Infinity] = numbers.map(Number);

const sockets = Array.from({ length: flows }, () => createSocket('udp4'));
for (const socket of sockets) {
  socket.bind(0);
  // An error of an earlier packet (ICMP) is what the sink counts.
  socket.on('error', () => {});
  await once(socket, 'listening');
}

let sent = 0;
const started = performance.now();
const finish = () => process.stdout.write(`${JSON.stringify(sent)}\n`, () => process.exit());
const tick = () => {
  // Late timers are made up for, so that a busy machine does not make the interval longer than it says.
  while (sent < packets && sent * interval <= performance.now() - started) {
    for (const [flow, socket] of sockets.entries())
      socket.send(`${flow} ${sent}`, port, `${prefix}.${flow}.1`);
    sent += 1;
  }
  if (sent >= packets) finish();
  else setTimeout(tick, 1);
};
process.stdin.on('data', finish).on('end', () => process.exit());
process.stdout.write('{}\n');
tick();
