// Active FTP (RFC 959), as little of it as a conntrack helper must see. `node ftp.mjs serve` answers PORT by a
// connection from port 20 to the address that it names. `node ftp.mjs fetch HOST ADDRESS` says PORT with ADDRESS and
// prints the address that the server says it was told, once that connection has come in.
import { connect, createServer } from 'node:net';

const [what, host, address] = process.argv.slice(2);

const serve = () =>
  createServer((control) => {
    control.on('error', () => control.destroy());
    control.write('220 ready\r\n');
    control.on('data', (line) => {
      const numbers = line
        .toString()
        .match(/^PORT (\d+),(\d+),(\d+),(\d+),(\d+),(\d+)\r\n/)
        ?.slice(1);
      if (numbers === undefined) {
        control.write('230 welcome\r\n');
        return;
      }
      const to = numbers.slice(0, 4).join('.');
      const port = Number(numbers[4]) * 256 + Number(numbers[5]);
      control.write('200 understood\r\n');
      const local = { localAddress: control.localAddress.replace('::ffff:', ''), localPort: 20 };
      const data = connect({ host: to, port, ...local }, () => data.end(`${to}\n`));
      data.on('error', ({ code }) => control.write(`425 ${code}\r\n`));
    });
  }).listen(21, () => process.stdout.write('{}\n'));

const fetch = () => {
  const fail = (reason) => process.stdout.write(`${reason}\n`, () => process.exit(1));
  setTimeout(() => fail('timeout'), 2000);
  const server = createServer((data) =>
    data.on('data', (text) => process.stdout.write(text, () => process.exit())),
  ).listen(0, address, () => {
    const control = connect({ host, port: 21, localAddress: address });
    control.on('error', ({ code }) => fail(code));
    control.on('data', (answer) => {
      const port = server.address().port;
      const numbers = [...address.split('.'), port >> 8, port & 255].join(',');
      // The helper looks at lines after the first one only, as the protocol has it.
      if (answer.toString().startsWith('220')) control.write('USER anonymous\r\n');
      if (answer.toString().startsWith('230')) control.write(`PORT ${numbers}\r\n`);
      if (answer.toString().startsWith('425')) fail(answer.toString().trim());
    });
  });
};

process.stdin.on('data', () => {}).on('end', () => (what === 'serve' ? process.exit() : undefined));
if (what === 'serve') serve();
else fetch();
