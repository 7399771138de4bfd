// Counts what arrives at the server, by sequence number: `node sink.mjs PORT`.
// UDP payloads are "FLOW SEQUENCE". Each line on stdin is answered by one line of JSON with what has arrived since
// the last one, once nothing has come for 50 ms: { flow: { address: [sequence, ...] } }. Each TCP connection is told the address that it came from,
// and what it sends is sent back.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const port = Number(process.argv[2]);
let flows = {};
let last = 0;

const udp = createSocket('udp4', (message, { address }) => {
  last = performance.now();
  const [flow, sequence] = message.toString('latin1').split(' ');
  flows[flow] ??= {};
  flows[flow][address] ??= [];
  flows[flow][address].push(Number(sequence));
});
udp.on('listening', () => udp.setRecvBufferSize(1 << 22));

const tcp = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.write(`${socket.remoteAddress?.replace('::ffff:', '')}\n`);
  socket.pipe(socket);
});

/** What was sent before the question may still be on its way through a busy machine. */
const answer = () => {
  if (performance.now() - last < 50) {
    setTimeout(answer, 10);
    return;
  }
  process.stdout.write(`${JSON.stringify(flows)}\n`);
  flows = {};
};
process.stdin.on('data', () => {
  last = performance.now();
  answer();
});
process.stdin.on('end', () => process.exit());

udp.bind(port, () => tcp.listen(port, () => process.stdout.write('{}\n')));
