// Opens many connections, as many at once as `node many.mjs WIDTH` says, and closes each once the server has
// answered. Reads one line of JSON: [{ protocol, from, fromPort, to, port }, ...]. Prints one: for each, the address
// that the server saw, or why there was none: an error's code, or "timeout" after 2 seconds.
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const width = Number(process.argv[2]);
const flows = JSON.parse(readFileSync(0, 'utf8'));
const PATIENCE = 2000;

const openTcp = ({ from, fromPort, to, port }) =>
  new Promise((resolve) => {
    const local = { ...(from ? { localAddress: from } : {}), ...(fromPort ? { localPort: fromPort } : {}) };
    const socket = connect({ host: to, port, ...local });
    const end = (what) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(what);
    };
    const timer = setTimeout(() => end('timeout'), PATIENCE);
    socket.on('error', ({ code }) => end(code));
    socket.on('close', () => end('closed'));
    socket.once('data', (data) => end(data.toString('latin1').trim()));
  });

const openUdp = ({ from, fromPort, to, port }) =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    const end = (what) => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.close();
      resolve(what);
    };
    const timer = setTimeout(() => end('timeout'), PATIENCE);
    socket.on('error', ({ code }) => end(code));
    socket.on('message', (message) => end(message.toString('latin1').split(' ')[0]));
    // Connected, so that an ICMP error reaches the socket.
    socket.bind(fromPort ?? 0, from ?? undefined, () => {
      socket.connect(port, to, (error) => (error ? end(error.code) : socket.send('hello')));
    });
  });

const seen = [];
let next = 0;
const work = async () => {
  while (next < flows.length) {
    const index = next++;
    const flow = flows[index];
    seen[index] = await (flow.protocol === 'udp' ? openUdp(flow) : openTcp(flow));
  }
};
await Promise.all(Array.from({ length: width }, work));
process.stdout.write(`${JSON.stringify(seen)}\n`, () => process.exit());
