import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../../src/checkpoint/open-store.ts';
import { type CheckpointRow, NO_ENDS } from '../../../src/core/checkpoint-row.ts';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kinship-store-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const path = () => join(directory, 'checkpoints.db');
const row: CheckpointRow = {
  flow: 'web',
  generation: 3,
  path: '/var/log/web.log.1',
  originalPath: '/var/log/web.log',
  device: '64769',
  inode: '18446744073709551615',
  birthMs: 1_700_000_000_123.5,
  head: { lengthBytes: 1024, digest: 'ab12' },
  tailMarker: '0a',
  offset: 9_007_199_254_740_991,
  cuts: [],
  waits: [],
  ends: NO_ENDS,
  sizeBytes: 42,
  modifiedMs: 1.5,
  state: 'rotated',
  storage: 'zstd',
  updatedWallMs: 1_700_000_000_000,
};

function open(options: { readonly?: boolean } = {}) {
  return openSqliteStore({ path: path(), wallMs: () => Date.UTC(2026, 0, 2), ...options });
}

function reopened(upserts: readonly CheckpointRow[]): readonly CheckpointRow[] {
  const { store } = open();
  store.commit({ upserts, removals: [], directoriesSeen: [], looks: [] });
  store.close();
  const { store: again } = open();
  const rows = again.load();
  again.close();
  return rows;
}

test('the store keeps the last look of each flow', () => {
  const { store } = open();
  const nothing = { upserts: [], removals: [], directoriesSeen: [] };
  store.commit({ ...nothing, looks: [{ flow: 'web', wallMs: 1_700_000_000_000.75 }, { flow: 'other', wallMs: 5 }] });
  store.commit({ ...nothing, looks: [{ flow: 'web', wallMs: 1_700_000_001_000 }] });
  store.close();
  const { store: again } = open();
  expect(again.looks()).toEqual([{ flow: 'other', wallMs: 5 }, { flow: 'web', wallMs: 1_700_000_001_000 }]);
  again.close();
});

test('the store keeps for each directory that a flow has seen when the directory had last changed', () => {
  const { store } = open();
  const nothing = { upserts: [], removals: [], looks: [] };
  const seen = (changedMs: number | undefined) => ({ ...nothing, directoriesSeen: [{ flow: 'web', directory: '/var/log', changedMs }] });
  store.commit(seen(undefined));
  expect(store.directories()).toEqual([{ flow: 'web', directory: '/var/log', changedMs: undefined }]);
  store.commit(seen(1_700_000_000_123.4565));
  store.close();
  const { store: again } = open();
  expect(again.directories()).toEqual([{ flow: 'web', directory: '/var/log', changedMs: 1_700_000_000_123.4565 }]);
  again.close();
});

test('names that are not UTF-8 come back as they were, each directory as one of its own', () => {
  const { store } = open();
  const directoriesSeen = ['/logs/caf\udce9', '/logs/caf\udce8'].map((name) => ({ flow: 'web', directory: name, changedMs: 1 }));
  const upserts = [{ ...row, path: '/logs/caf\udce9/app.log.1', originalPath: '/logs/caf\udce9/app.log' }];
  store.commit({ upserts, removals: [], directoriesSeen, looks: [] });
  store.commit({ upserts, removals: [], directoriesSeen, looks: [] });
  store.close();
  const { store: again } = open();
  expect(again.load()).toEqual(upserts);
  expect(again.directories()).toEqual(directoriesSeen.toReversed());
  again.close();
});

describe('rows', () => {
  test('come back as they were stored', () => {
    const others = [
      { ...row, generation: 4, birthMs: undefined, cuts: [7, 4_294_967_296] },
      { ...row, generation: 5, flow: 'zebra', state: 'active', storage: 'plain', beganBytes: 4_294_967_297 } as const,
      { ...row, generation: 6, flow: 'zebra', waits: [{ end: 7, sinceWallMs: 1_700_000_000_001 }, { end: Number.MAX_SAFE_INTEGER, sinceWallMs: 1_700_000_000_002 }] },
      { ...row, generation: 7, flow: 'zebra', ends: { read: '4.Ab_-.1,2.cd.', seen: '7.ef.', cutInPlace: undefined } },
      { ...row, generation: 8, flow: 'zebra', ends: { read: '', seen: '7.ef.', cutInPlace: { inode: '18446744073709551615', noticedWallMs: 1_700_000_000_000.5 } } },
    ];
    expect(reopened([row, ...others])).toEqual([row, ...others]);
  });

  test('are replaced and removed by flow and generation; a change is stored as a whole or not at all', () => {
    const { store } = open();
    store.commit({ upserts: [row, { ...row, flow: 'other' }], removals: [], directoriesSeen: [{ flow: 'web', directory: '/var/log' }], looks: [] });
    store.commit({ upserts: [{ ...row, offset: 5 }], removals: [{ flow: 'other', generation: 3 }], directoriesSeen: [{ flow: 'web', directory: '/var/log' }], looks: [] });
    const broken = { ...row, path: undefined } as unknown as CheckpointRow;
    expect(() => store.commit({ upserts: [{ ...row, offset: 6 }, broken], removals: [], directoriesSeen: [], looks: [] })).toThrow();
    expect(store.load()).toEqual([{ ...row, offset: 5 }]);
    expect(store.directories()).toEqual([{ flow: 'web', directory: '/var/log' }]);
    store.close();
  });
});

const COLUMNS_OF_4 =
  "cuts TEXT NOT NULL DEFAULT '', waits TEXT NOT NULL DEFAULT '', read_ends TEXT NOT NULL DEFAULT '', seen_ends TEXT NOT NULL DEFAULT '', cut_in_place TEXT NOT NULL DEFAULT '',";

const LOOKS = {
  tables: "CREATE TABLE looks (flow TEXT NOT NULL PRIMARY KEY, wall_ms INTEGER NOT NULL) WITHOUT ROWID; INSERT INTO looks VALUES ('web', 5);",
  looks: [{ flow: 'web', wallMs: 5 }],
} as const;
const WAITS = [{ end: 12, sinceWallMs: 1_700_000_000_001 }] as const;
const LAYOUT_4 = {
  columns: COLUMNS_OF_4,
  values: ", '7,9', '12:1700000000001', '9.ab.3', '', '1700000000000:7'",
  known: { cuts: [7, 9], waits: WAITS, ends: { read: '9.ab.3', seen: '', cutInPlace: { inode: '7', noticedWallMs: 1_700_000_000_000 } } },
  ...LOOKS,
} as const;

/** The layouts that earlier versions made. */
const OLD_LAYOUTS = [
  { layout: 1, columns: '', values: '', tables: '', known: { cuts: [], waits: [] }, looks: [] },
  { layout: 2, columns: "cuts TEXT NOT NULL DEFAULT '',", values: ", '7,9'", tables: '', known: { cuts: [7, 9], waits: [] }, looks: [] },
  {
    layout: 3,
    columns: "cuts TEXT NOT NULL DEFAULT '', waits TEXT NOT NULL DEFAULT '',",
    values: ", '7,9', '12:1700000000001'",
    known: { cuts: [7, 9], waits: WAITS },
    ...LOOKS,
  },
  { layout: 4, ...LAYOUT_4 },
  { layout: 5, ...LAYOUT_4, changedMs: 7.5 },
  { layout: 6, ...LAYOUT_4, columns: `${COLUMNS_OF_4} began INTEGER,`, values: `${LAYOUT_4.values}, NULL`, changedMs: 7.5 },
] as const;

describe.each(OLD_LAYOUTS)('a file of layout $layout', ({ layout, columns, values, tables, known, looks, ...later }) => {
  const changedMs = 'changedMs' in later ? later.changedMs : undefined;
  const old = { ...row, ...known };

  function makeOldLayout(): void {
    const database = new Database(path());
    database.exec(`
      CREATE TABLE generations (
        flow TEXT NOT NULL, generation INTEGER NOT NULL, path TEXT NOT NULL, original_path TEXT NOT NULL,
        device TEXT NOT NULL, inode TEXT NOT NULL, birth_ms REAL,
        head_length INTEGER NOT NULL, head_digest TEXT NOT NULL, tail_marker TEXT NOT NULL,
        offset INTEGER NOT NULL, size INTEGER NOT NULL, modified_ms REAL NOT NULL,
        state TEXT NOT NULL, storage TEXT NOT NULL, updated_ms INTEGER NOT NULL, ${columns}
        PRIMARY KEY (flow, generation)
      ) WITHOUT ROWID;
      CREATE TABLE directories (flow TEXT NOT NULL, directory TEXT NOT NULL, ${changedMs === undefined ? '' : 'changed_ms REAL,'} PRIMARY KEY (flow, directory)) WITHOUT ROWID;
      INSERT INTO generations VALUES ('web', 3, '/var/log/web.log.1', '/var/log/web.log', '64769', '18446744073709551615',
        1700000000123.5, 1024, 'ab12', '0a', 9007199254740991, 42, 1.5, 'rotated', 'zstd', 1700000000000${values});
      INSERT INTO directories VALUES ('web', '/var/log'${changedMs === undefined ? '' : `, ${changedMs}`});
      ${tables}
      PRAGMA application_id = ${0x6b6e7370};
      PRAGMA user_version = ${layout};
    `);
    database.close();
  }

  test('is read as it is when opened for reading', () => {
    makeOldLayout();
    const { store } = open({ readonly: true });
    expect(store.load()).toEqual([old]);
    expect(store.looks()).toEqual(looks);
    expect(store.directories()).toEqual([{ flow: 'web', directory: '/var/log', changedMs }]);
    store.close();
    const database = new Database(path());
    expect(database.pragma('user_version', { simple: true })).toBe(layout);
    database.close();
  });

  test('is taken over with every position, and written to from then on', () => {
    makeOldLayout();
    const { store, setAside } = open();
    expect(setAside).toBeUndefined();
    // Earlier versions kept fewer bytes before each end: those ends are not taken over.
    expect(store.load()).toEqual([{ ...old, ends: { ...old.ends, read: '', seen: '' } }]);
    expect(store.looks()).toEqual(looks);
    expect(store.directories()).toEqual([{ flow: 'web', directory: '/var/log', changedMs }]);
    store.close();
    const moved = { ...row, cuts: [9], waits: [{ end: 12, sinceWallMs: 1_700_000_000_001 }], ends: { read: '9.ab.3', seen: '', cutInPlace: undefined } };
    expect(reopened([moved])).toEqual([moved]);
  });

  test('of a layout that is newer than this program is refused and stays as it is', () => {
    makeOldLayout();
    const database = new Database(path());
    database.pragma('user_version = 99');
    database.close();
    const before = readFileSync(path());
    expect(open).toThrow(expect.objectContaining({ code: 'newer', message: expect.stringContaining('has layout 99, this kinship knows 7') }));
    expect(readFileSync(path()).equals(before)).toBe(true);
  });
});

test('a bug in the caller is not taken for a fault of the store', () => {
  const { store } = open();
  const broken = { ...row, head: undefined } as unknown as CheckpointRow;
  expect(() => store.commit({ upserts: [broken], removals: [], directoriesSeen: [], looks: [] })).toThrow(TypeError);
  store.close();
});
