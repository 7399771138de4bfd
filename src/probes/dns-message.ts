/**
 * One question and the head of its answer, as in RFC 1035, 4.1. Written out because it is all that we need: what a
 * server answers does not matter, only that it does.
 */

const HEADER = 12;

/** Header flag: the server may ask others. */
const RECURSION_DESIRED = 0x0100;

const TYPE_A = 1;
const CLASS_IN = 1;

/** The question section: the name as labels, each behind its length, then type and class. */
export const encodeQuestion = (name: string): Buffer => {
  const labels = name
    .split('.')
    .filter((label) => label !== '')
    .map((label) => Buffer.from(label, 'latin1'));
  return Buffer.concat([
    ...labels.flatMap((label) => [Buffer.from([label.length]), label]),
    Buffer.from([0, 0, TYPE_A, 0, CLASS_IN]),
  ]);
};

/** A query: the header with its id and the number of questions, and the question. */
export const encodeQuery = (id: number, question: Buffer): Buffer => {
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(RECURSION_DESIRED, 2);
  header.writeUInt16BE(1, 4);
  return Buffer.concat([header, question]);
};

/** The head of a response. `error`: the server cannot or will not say, by the name of the code. */
export interface DnsAnswer {
  readonly id: number;
  readonly error?: string;
}

/**
 * The responses in bytes that may hold several datagrams: a pipe does not keep them apart, but each repeats the
 * question behind its header. One without the question is found at the beginning only.
 */
export const readAnswers = (bytes: Buffer, question: Buffer): DnsAnswer[] => {
  const starts: number[] = [];
  for (let at = bytes.indexOf(question, HEADER); at >= 0; at = bytes.indexOf(question, at + question.length))
    starts.push(at - HEADER);
  return (starts.length === 0 ? [0] : starts).flatMap((start) => readAnswer(bytes.subarray(start)));
};

const readAnswer = (bytes: Buffer): DnsAnswer[] => {
  if (bytes.length < HEADER) return [];
  const flags = bytes.readUInt16BE(2);
  if ((flags & RESPONSE) === 0) return [];
  const error = ERRORS[flags & CODE];
  return [{ id: bytes.readUInt16BE(0), ...(error === undefined ? {} : { error }) }];
};

const RESPONSE = 0x8000;
const CODE = 0x000f;

/** RFC 1035, 4.1.1; 3, that there is no such name, is as good an answer as any. */
const ERRORS: Readonly<Record<number, string>> = { 1: 'FORMERR', 2: 'SERVFAIL', 4: 'NOTIMP', 5: 'REFUSED' };
