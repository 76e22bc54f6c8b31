import { expect, test } from 'vitest';
import { servePages } from '../../../src/platform/http-server.ts';

const loopback = { host: '127.0.0.1', port: 0 };
const page = (body: string) => ({ status: 200, contentType: 'text/plain', body });

test('answers what the pages say, with the path and what is accepted', async () => {
  const server = await servePages(loopback, async (path, accept) => page(`${path} ${accept}`));
  const response = await fetch(`http://${server.address}/metrics?x=1`, { headers: { accept: 'text/plain' } });
  expect(await response.text()).toBe('/metrics text/plain');
  expect(response.headers.get('content-type')).toBe('text/plain');
  await server.close();
});

test('a HEAD has no body, a POST is refused, a page that fails is a 500', async () => {
  const server = await servePages(loopback, async (path) => {
    if (path === '/broken') throw new Error('broken page');
    return page('body');
  });
  const head = await fetch(`http://${server.address}/`, { method: 'HEAD' });
  expect(head.headers.get('content-length')).toBe('4');
  expect((await fetch(`http://${server.address}/`, { method: 'POST' })).status).toBe(405);
  const broken = await fetch(`http://${server.address}/broken`);
  expect([broken.status, await broken.text()]).toEqual([500, 'broken page\n']);
  await server.close();
});

test('a port that is taken is an error of its own', async () => {
  const server = await servePages(loopback, async () => page(''));
  const port = Number(server.address.split(':').at(-1));
  await expect(servePages({ ...loopback, port }, async () => page(''))).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await server.close();
});

test('closing does not wait for connections that are kept open', async () => {
  const server = await servePages(loopback, async () => page(''));
  await (await fetch(`http://${server.address}/`)).text();
  await server.close();
  await expect(fetch(`http://${server.address}/`)).rejects.toThrow();
});
