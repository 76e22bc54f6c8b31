/**
 * `node packaging/md5-lanes-wasm.ts`: makes the WebAssembly that src/producer/records/md5-lanes.ts runs, and writes it down as
 * src/producer/records/md5-lanes-wasm.ts (a test holds the one against the other).
 *
 * The blocks of MD5 (RFC 1321, 3.4) of eight messages, as two vectors of four lanes. All 64 steps are written out, and
 * the steps of the two vectors alternate: within one vector each waits for the one before. One vector reaches 1.8 GB/s,
 * two 2.5, three 2.4, since their words no longer fit into the registers. wasmati knows the format of WebAssembly (MIT
 * licence, one small dependency of its own; the agent does without it).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { $, br_if, func, i32, i32x4, i8x16, type Local, local, loop, memory, Module, type Type, v128 } from 'wasmati';
import { md5LanesLayout } from '../src/producer/records/md5-lanes.ts';
import { repository } from './tools.ts';

type Vector = Local<'v128'>;

/** Four messages; each vector holds the same word of all four. */
interface FourLanes {
  /** A, B, C, D before the block. */
  readonly state: readonly Vector[];
  /** A, B, C, D within the block. */
  readonly work: readonly Vector[];
  /** The sixteen words of the block. */
  readonly words: readonly Vector[];
  /** Four words of each message, while they are turned into four words of all messages. */
  readonly rows: readonly Vector[];
  readonly halves: readonly Vector[];
}

const { lanes, vectorLanes, blockBytes, chunkStrideBytes, chunksAt, stateAt, memoryPages } = md5LanesLayout;
const vectorBytes = 16;
const stateWords = 4;
const blockWords = 16;
const vectorsOfFourLanes = 2 * stateWords + blockWords + 2 * vectorLanes;

/** By round: which word of the block a step takes, modulo 16, and how far it rotates (RFC 1321, 3.4). */
const rounds = [
  { wordOf: (at: number) => at, rotations: [7, 12, 17, 22] },
  { wordOf: (at: number) => 5 * at + 1, rotations: [5, 9, 14, 20] },
  { wordOf: (at: number) => 3 * at + 5, rotations: [4, 11, 16, 23] },
  { wordOf: (at: number) => 7 * at, rotations: [6, 10, 15, 21] },
] as const;
const roundSteps = 16;
const steps = rounds.length * roundSteps;

/** Which bytes of two rows (0 to 15, 16 to 31) make one, so that their words or pairs of words alternate. */
const lowWords = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23];
const highWords = [8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31];
const lowPairs = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const highPairs = [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31];

/** The module, in the form of a .wasm file. */
export function md5LanesModule(): Uint8Array {
  const groups = lanes / vectorLanes;
  const vectorTypes = Array.from({ length: groups * vectorsOfFourLanes }, (): Type<'v128'> => v128);
  const locals: [Type<'i32'>, ...Type<'v128'>[]] = [i32, ...vectorTypes];
  const takeBlocks = func({ in: [i32], locals, out: [] }, ([endBytes], [atBytes, ...vectors]) => {
    const all = Array.from({ length: groups }, (_, group) => fourLanes(vectors, group));
    for (const [group, { state }] of all.entries()) {
      for (const [word, vector] of state.entries()) {
        local.set(vector, v128.load({ offset: stateOffset(group, word) }, i32.const(0)));
      }
    }
    local.set(atBytes, i32.const(0));
    loop({}, (again) => {
      for (const [group, of] of all.entries()) loadBlock(of, group, atBytes);
      for (const { state, work } of all) pairs(work, state, (target, source) => local.set(target, source));
      for (let index = 0; index < steps; index += 1) for (const of of all) step(of, index);
      for (const { state, work } of all) pairs(state, work, (sum, term) => local.set(sum, i32x4.add(sum, term)));
      local.set(atBytes, i32.add(atBytes, blockBytes));
      i32.lt_u(atBytes, endBytes);
      br_if(again);
    });
    for (const [group, { state }] of all.entries()) {
      for (const [word, vector] of state.entries()) v128.store({ offset: stateOffset(group, word) }, i32.const(0), vector);
    }
  });
  return Module({ exports: { takeBlocks, memory: memory({ min: memoryPages, max: memoryPages }) } }).toBytes();
}

function fourLanes(vectors: readonly Vector[], group: number): FourLanes {
  let next = group * vectorsOfFourLanes;
  const take = (count: number): readonly Vector[] => vectors.slice(next, (next += count));
  return {
    state: take(stateWords),
    work: take(stateWords),
    words: take(blockWords),
    rows: take(vectorLanes),
    halves: take(vectorLanes),
  };
}

function stateOffset(group: number, word: number): number {
  return stateAt + (group * stateWords + word) * vectorBytes;
}

/** Reads a block of each of four messages, `atBytes` into their chunks, and turns rows of words into columns. */
function loadBlock({ words, rows, halves }: FourLanes, group: number, atBytes: Local<'i32'>): void {
  for (let word = 0; word < blockWords; word += vectorLanes) {
    for (const [lane, row] of rows.entries()) {
      const chunkAt = chunksAt + (group * vectorLanes + lane) * chunkStrideBytes;
      local.set(row, v128.load({ offset: chunkAt + word * Uint32Array.BYTES_PER_ELEMENT }, atBytes));
    }
    mix(rows, [0, 1], halves, [0, 1], [lowWords, highWords]);
    mix(rows, [2, 3], halves, [2, 3], [lowWords, highWords]);
    mix(halves, [0, 2], words, [word, word + 1], [lowPairs, highPairs]);
    mix(halves, [1, 3], words, [word + 2, word + 3], [lowPairs, highPairs]);
  }
}

type Two<T> = readonly [T, T];

function mix(from: readonly Vector[], sources: Two<number>, to: readonly Vector[], targets: Two<number>, bytes: Two<number[]>): void {
  for (const which of [0, 1] as const) {
    i8x16.shuffle(bytes[which], pick(from, sources[0]), pick(from, sources[1]));
    local.set(pick(to, targets[which]), $);
  }
}

/** a = b + ((a + f(b, c, d) + word + sine) <<< rotation), where a, b, c, d change places from step to step. */
function step({ work, words }: FourLanes, index: number): void {
  const round = Math.floor(index / roundSteps);
  const { wordOf, rotations } = pick(rounds, round);
  const [a, b, c, d] = [0, 1, 2, 3].map((place) => pick(work, (place + steps - index) % stateWords)) as [Vector, Vector, Vector, Vector];
  i32x4.add(pick(words, wordOf(index) % blockWords), i32x4.splat(i32.const(sine(index))));
  i32x4.add($, a);
  mixWords(round, b, c, d);
  i32x4.add($, $);
  local.set(a, $);
  const rotation = pick(rotations, index % rotations.length);
  v128.or(i32x4.shl(a, i32.const(rotation)), i32x4.shr_u(a, i32.const(32 - rotation)));
  i32x4.add($, b);
  local.set(a, $);
}

/** F, G, H and I of RFC 1321; the first two in their form with one operation less. */
function mixWords(round: number, b: Vector, c: Vector, d: Vector): void {
  switch (round) {
    case 0:
      v128.and(b, v128.xor(c, d));
      v128.xor($, d);
      return;
    case 1:
      v128.and(d, v128.xor(b, c));
      v128.xor($, c);
      return;
    case 2:
      v128.xor(b, v128.xor(c, d));
      return;
    default:
      v128.or(b, v128.not(d));
      v128.xor($, c);
  }
}

/** The step's constant: 2^32 times the absolute sine of its number from 1. */
function sine(index: number): number {
  return Math.floor(Math.abs(Math.sin(index + 1)) * 2 ** 32) | 0;
}

function pairs(first: readonly Vector[], second: readonly Vector[], visit: (first: Vector, second: Vector) => void): void {
  for (const [index, vector] of first.entries()) visit(vector, pick(second, index));
}

function pick<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`there is no ${index} among ${list.length}`);
  return found;
}

/** The source file that holds the module. */
export function md5LanesSource(): string {
  const lines = Buffer.from(md5LanesModule()).toString('base64').match(/.{1,112}/g) ?? [];
  return `/**
 * The WebAssembly of md5-lanes.ts in base64, as packaging/md5-lanes-wasm.ts makes it: change that, and run it.
 */
export const md5LanesWasm: string = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`;
}

if (import.meta.main) writeFileSync(join(repository, 'src/producer/records/md5-lanes-wasm.ts'), md5LanesSource());
