// One TCP connection: `node connect.mjs HOST PORT [LOCAL_ADDRESS]`. Prints the first line that the other side says.
// Status 1 when it fails or says nothing within 2 seconds. With a fourth argument `hold` it sends a line every
// 50 ms afterwards and prints how it ended and after how many milliseconds, once it ended.
import { connect } from 'node:net';

const [host, port, localAddress, hold] = process.argv.slice(2);
const options = { host, port: Number(port), ...(localAddress ? { localAddress } : {}) };
const socket = connect(options);
const started = performance.now();
const fail = (reason) => {
  process.stdout.write(`${reason}\n`, () => process.exit(1));
};
const timer = setTimeout(() => fail('timeout'), 2000);
socket.on('error', ({ code }) => fail(`${code} ${Math.round(performance.now() - started)}`));
socket.once('data', (data) => {
  clearTimeout(timer);
  process.stdout.write(data);
  if (hold !== 'hold') socket.destroy();
  else setInterval(() => socket.write('still here\n'), 50);
});
