// New UDP flows without end: `node storm.mjs PREFIX PORT MILLISECONDS`. Every MILLISECONDS two packets from a socket
// of their own to the next address below PREFIX, such as 10.99. What comes of them, others count. Ends with its stdin.
import { createSocket } from 'node:dgram';

const [prefix, port, interval] = process.argv.slice(2);
let next = 0;

const flow = () => {
  const to = `${prefix}.${1 + ((next >> 8) % 200)}.${next++ & 255}`;
  const socket = createSocket('udp4');
  // Refused is an answer like any other here.
  socket.on('error', () => {});
  socket.send('first', Number(port), to, () =>
    socket.send('second', Number(port), to, () => setTimeout(() => socket.close(), 200)),
  );
};
setInterval(flow, Number(interval));
process.stdin.on('data', () => {}).on('end', () => process.exit());
process.stdout.write('{}\n');
