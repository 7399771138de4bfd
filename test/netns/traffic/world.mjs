// The servers of the outside world: `node world.mjs PORT`, on TCP and UDP. Each TCP connection is told the address
// that it came from, and what it sends is sent back. Each UDP packet is answered with the address that it came from
// and its own text.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const port = Number(process.argv[2]);

const udp = createSocket('udp4', (message, { address, port: from }) => {
  udp.send(`${address} ${message}`, from, address);
});
udp.on('listening', () => udp.setRecvBufferSize(1 << 22));
// An ICMP answer to a reply is what its client counts.
udp.on('error', () => {});

const tcp = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.write(`${socket.remoteAddress?.replace('::ffff:', '')}\n`);
  socket.pipe(socket);
});

process.stdin.on('data', () => {}).on('end', () => process.exit());
udp.bind(port, () => tcp.listen({ port, backlog: 4096 }, () => process.stdout.write('{}\n')));
