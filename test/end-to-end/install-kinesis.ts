/**
 * The Kinesis of the install test, in the container beside the agent: one stream, and a log of what its consumers get.
 *
 *   node install-kinesis.ts DIRECTORY     writes DIRECTORY/endpoint once it listens, and appends records to DIRECTORY/records
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deaggregate } from '../support/deaggregate.ts';
import { KinesisServer } from '../support/kinesis-server/server.ts';

const pollMs = 50;

const directory = process.argv[2];
if (directory === undefined) throw new Error('usage: install-kinesis.ts DIRECTORY');
const server = await KinesisServer.start({ region: 'eu-west-1' });
const stream = server.model.createStream('install-test', { shards: 2 });
const records = join(directory, 'records');
writeFileSync(records, '');
writeFileSync(join(directory, 'endpoint'), server.endpoint);

let writtenCount = 0;
setInterval(() => {
  if (stream.acceptedCount === writtenCount) return;
  const accepted = stream.accepted.slice(writtenCount);
  writtenCount += accepted.length;
  appendFileSync(records, Buffer.concat(accepted.flatMap((record) => deaggregate(record).map(({ data }) => data))));
}, pollMs);
