// What probes ask: DNS on 53, HTTP on 80, HTTPS on 443 with the key and certificate of the arguments.
// A path of the web servers is the status that it answers; the first label of a DNS question is the code.
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';

const [key, cert] = process.argv.slice(2).map((file) => readFileSync(file));

const answer = ({ url }, response) => response.writeHead(Number(url.slice(1)), { location: '/204' }).end();
createServer(answer).listen(80);
createSecureServer({ key, cert }, answer).listen(443);

const CODES = { nx: 3, fail: 2 };

const dns = createSocket('udp4');
dns.on('message', (query, { address, port }) => {
  const label = query.subarray(13, 13 + query[12]).toString();
  const response = Buffer.from(query);
  response[2] |= 0x80;
  response[3] |= CODES[label] ?? 0;
  // With `twice`, the answer to somebody else's question comes first.
  if (label === 'twice') dns.send(Buffer.concat([Buffer.from([9, 9]), response.subarray(2)]), port, address);
  dns.send(response, port, address);
});
// From another address of this machine an answer would be no answer.
dns.bind(53, '192.0.2.1', () => console.log('ready'));
