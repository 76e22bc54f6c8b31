/** What happens when a file is to be opened and no handle is left. */
import { expect, test } from 'vitest';
import { FileFault } from '../../../../src/core/errors.ts';
import { SparingFiles } from '../../../../src/tail/listing/sparing-files.ts';
import { MemoryDirectory } from '../../../support/memory-directory.ts';

/** A directory of which files can be opened while there is `room`; every sweep takes from `spare`. */
function begin(start: { room: number; spare: number }) {
  const state = { ...start, sweeps: 0 };
  const directory = new MemoryDirectory();
  directory.put('/app.log', { text: 'a\n', inode: '1', modifiedMs: 0 });
  const open = directory.open.bind(directory);
  directory.open = (path) => {
    if (state.room === 0) return Promise.reject(new FileFault({ code: 'too-many-open', systemCode: 'EMFILE', path }));
    state.room -= 1;
    return open(path);
  };
  const spare = () => {
    state.sweeps += 1;
    const count = state.spare;
    state.room += count;
    state.spare = 0;
    return Promise.resolve(count > 0);
  };
  return { state, files: new SparingFiles(directory, spare) };
}

test('a handle that can be spared is closed for the next file', async () => {
  const { state, files } = begin({ room: 0, spare: 2 });
  await files.open('/app.log');
  await files.open('/app.log');
  expect(state.sweeps).toBe(1);
});

test('if no handle can be spared, the file cannot be opened', async () => {
  const { files } = begin({ room: 0, spare: 0 });
  await expect(files.open('/app.log')).rejects.toMatchObject({ code: 'too-many-open' });
});

test('if a file cannot be opened for another reason, no handle is closed', async () => {
  const { state, files } = begin({ room: 1, spare: 1 });
  await expect(files.open('/gone.log')).rejects.toMatchObject({ code: 'not-found' });
  expect(state.sweeps).toBe(0);
});
