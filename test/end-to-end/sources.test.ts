/** The real nginx and the real rsyslog, rotated as their packages rotate them: every line on disk was delivered. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AgentWorld } from '../support/whole-agent/agent-world.ts';
import { findProgram } from '../support/whole-agent/logrotate.ts';
import { until } from '../support/whole-agent/until.ts';

const nginx = findProgram('nginx');
const rsyslogd = findProgram('rsyslogd');
for (const [name, program] of [['nginx', nginx], ['rsyslogd', rsyslogd]]) {
  if (program === undefined) console.warn(`SKIPPED: test/end-to-end/sources.test.ts: ${name} is not installed`);
}

const ROTATIONS = 3;
const LINES_EACH = 300;

/** A program that runs until the test is over. */
class Daemon implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  text = '';

  constructor(program: string, parameters: readonly string[]) {
    this.#child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const output of [this.#child.stdout, this.#child.stderr]) output?.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
    this.#exited = new Promise((resolve) => {
      this.#child.once('close', () => resolve());
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#exited;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

/** Every line of the log and its rotated names. */
function linesOf(directory: string, name: string): readonly string[] {
  const files = readdirSync(directory).filter((file) => file.startsWith(name));
  return files.flatMap((file) => readFileSync(join(directory, file), 'utf8').split(/(?<=\n)/)).filter((line) => line !== '');
}

describe.concurrent('rotated three times', () => {
  test.skipIf(nginx === undefined)('the access log of nginx is delivered line for line', async () => {
    await using world = await AgentWorld.begin({ flow: { filePattern: 'access.log*' } });
    chmodSync(world.root, 0o755);
    const port = await freePort();
    const config = join(world.root, 'nginx.conf');
    const user = process.getuid?.() === 0 ? 'user root;' : '';
    writeFileSync(
      config,
      `${user} daemon off; pid ${world.root}/nginx.pid; error_log ${world.root}/error.log;
       events {} http { access_log ${world.path('access.log')} combined; ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
         .map((kind) => `${kind}_temp_path ${world.root}/${kind};`)
         .join(' ')} server { listen 127.0.0.1:${port}; location / { return 200 "ok"; } } }`,
    );
    await using daemon = new Daemon(nginx ?? '', ['-c', config, '-e', join(world.root, 'error.log')]);
    await until('nginx answers', () => answers(port), { state: () => daemon.text });
    await world.start();
    let count = 0;
    const ask = async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/${count}?q=%C3%A4`);
      await answer.text();
      count += 1;
    };
    for (let rotation = 1; rotation <= ROTATIONS + 1; rotation += 1) {
      for (let index = 0; index < LINES_EACH; index += 1) {
        await ask();
        if (index !== LINES_EACH / 2 || rotation > ROTATIONS) continue;
        renameSync(world.path('access.log'), world.path(`access.log.${rotation}`));
        daemon.signal('SIGUSR1');
        await until('nginx has opened its log anew', () => existsSync(world.path('access.log')));
      }
      if (rotation === 2) {
        await world.agent.kill();
        await world.start();
      }
    }
    await until('every request is logged', () => linesOf(world.logs, 'access.log').length === count);
    await world.arrived(linesOf(world.logs, 'access.log'));
    expect(world.delivered.counts.size).toBe(count);
    expect(Math.max(...world.delivered.counts.values())).toBeLessThanOrEqual(2);
    expect([...world.delivered.counts.keys()].toSorted()).toEqual(linesOf(world.logs, 'access.log').toSorted());
  });

  test.skipIf(rsyslogd === undefined)('a log of rsyslog is delivered line for line', async () => {
    await using world = await AgentWorld.begin({ flow: { filePattern: 'messages*' } });
    const port = await freePort();
    const config = join(world.root, 'rsyslog.conf');
    writeFileSync(
      config,
      `module(load="imtcp")
       input(type="imtcp" address="127.0.0.1" port="${port}")
       global(workDirectory="${world.root}")
       action(type="omfile" file="${world.path('messages')}" template="RSYSLOG_FileFormat")\n`,
    );
    await using daemon = new Daemon(rsyslogd ?? '', ['-n', '-f', config, '-i', join(world.root, 'rsyslog.pid')]);
    await until('rsyslog answers', () => answers(port), { state: () => daemon.text });
    await world.start();
    const socket = createConnection(port, '127.0.0.1');
    const expected: string[] = [];
    const send = () => {
      const text = `message ${expected.length} with ünïcode`;
      expected.push(text);
      socket.write(`<13>Nov 21 04:05:06 host app[1]: ${text}\n`);
      return false;
    };
    for (let rotation = 1; rotation <= ROTATIONS + 1; rotation += 1) {
      for (let index = 0; index < LINES_EACH; index += 1) send();
      // rsyslog opens its log anew at the first message after the signal.
      await until('rsyslog has opened its log anew', () => existsSync(world.path('messages')) || send());
      const goal = expected.length;
      await until('rsyslog has written', () => linesOf(world.logs, 'messages').length >= goal, { state: () => daemon.text });
      if (rotation > ROTATIONS) break;
      renameSync(world.path('messages'), world.path(`messages.${rotation}`));
      daemon.signal('SIGHUP');
    }
    socket.destroy();
    await world.arrived(linesOf(world.logs, 'messages'));
    const sent = world.delivered.texts.map((line) => line.slice(line.indexOf('message '), -1));
    expect(sent.toSorted()).toEqual(expected.toSorted());
    expect(world.delivered.texts.toSorted()).toEqual(linesOf(world.logs, 'messages').toSorted());
  });
});
