/**
 * MD5 digests of many messages at a time: eight go side by side, each in a lane of WebAssembly's vectors.
 *
 * A step of MD5 waits for the step before, so that one message leaves most of a core idle. Eight messages at once take a
 * quarter of the time that OpenSSL needs for them one by one (2.5 against 0.7 GB/s). Without this, the digests of aggregated
 * records were a quarter of the agent's work at full load. packaging/md5-lanes-wasm.ts makes the WebAssembly. (The idea:
 * Gopal and others, "Processing Multiple Buffers in Parallel to Increase Performance on Intel Architecture Processors",
 * 2010.)
 *
 * Guarantees: the digests of RFC 1321, for any lengths and any number of messages. node:crypto makes them where WebAssembly
 * is not available (no address space for its memory, a processor without SSE 4.1) or does not pay (few messages, one much
 * longer than the others).
 *
 * Invariant: between two calls of `takeBlocks`, a lane's state is that of the bytes of its message up to `position`.
 */
import { hash } from 'node:crypto';
import { md5LanesWasm } from './md5-lanes-wasm.ts';

/** Bytes data[start, end); the digest belongs into data[end, end + 16). */
export interface Md5Message {
  readonly data: Buffer;
  readonly start: number;
  readonly end: number;
}

/** How the module's memory is laid out, in bytes: states, then a chunk of each lane's message. */
export const md5LanesLayout = {
  lanes: 8,
  /** Lanes of one vector. */
  vectorLanes: 4,
  blockBytes: 64,
  /** Bytes of one message at a time: the chunks of all lanes fit the first level of the processor's cache. */
  chunkBytes: 4096,
  /** Chunks lie so that their blocks do not compete for the same lines of the cache. */
  chunkStrideBytes: 4096 + 64,
  /** State of a vector's lanes: word A of each, word B of each, C, D. */
  stateAt: 0,
  chunksAt: 128,
  /** WebAssembly pages, of 64 KiB each. */
  memoryPages: 1,
} as const;

/** How many times as fast as node:crypto the lanes are while all of them have something to do. */
const LANES_GAIN = 3.5;
/** RFC 1321, 3.3: words A, B, C, D before the first block. */
const START_STATE = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const;
/** RFC 1321, 3.1 and 3.2: a one bit and, at the end of the last block, the length in bits. */
const PADDING_START = 0x80;
const LENGTH_BYTES = 8;

const { lanes, vectorLanes, blockBytes, chunkBytes, chunkStrideBytes, chunksAt } = md5LanesLayout;

/** Loaded when it is first needed; 'none': it cannot be loaded. */
let loaded: Engine | 'none' | undefined;

/** Writes the digest of each message behind it. */
export function writeMd5Digests(messages: readonly Md5Message[]): void {
  const engine = isWorthLanes(messages) ? (loaded ??= load()) : 'none';
  if (engine !== 'none') return run(engine, messages);
  for (const { data, start, end } of messages) hash('md5', data.subarray(start, end), 'buffer').copy(data, end);
}

/** All lanes run as long as the longest message does, whether they have something to do or not. */
function isWorthLanes(messages: readonly Md5Message[]): boolean {
  let bytes = 0;
  let longestBytes = 0;
  for (const { start, end } of messages) {
    bytes += end - start;
    longestBytes = Math.max(longestBytes, end - start);
  }
  return lanes * longestBytes < LANES_GAIN * bytes;
}

interface Engine {
  /** Takes the first `bytes` (whole blocks) of every lane's chunk into the lane's state. */
  readonly takeBlocks: (bytes: number) => void;
  readonly memory: Buffer;
  readonly states: Uint32Array;
}

/** The part of the WebAssembly JavaScript Interface (W3C) that is used here. Node has the interface, but its types do not declare it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => {
    readonly exports: { readonly takeBlocks: (bytes: number) => void; readonly memory: { readonly buffer: ArrayBuffer } };
  };
};

function load(): Engine | 'none' {
  try {
    const module = new WebAssembly.Module(Buffer.from(md5LanesWasm, 'base64'));
    const { takeBlocks, memory } = new WebAssembly.Instance(module).exports;
    return { takeBlocks, memory: Buffer.from(memory.buffer), states: new Uint32Array(memory.buffer) };
  } catch {
    return 'none';
  }
}

/** A message under way. */
interface Lane {
  readonly message: Md5Message;
  /** Next byte of its data to go into the state. */
  position: number;
  /** Blocks left, padding included. */
  blocksLeft: number;
  /** The bit that ends the data was written. */
  padded: boolean;
}

function run(engine: Engine, messages: readonly Md5Message[]): void {
  // The longest first, so that no long message is left to end alone.
  const queue = messages.toSorted((a, b) => b.end - b.start - (a.end - a.start));
  const underWay: (Lane | undefined)[] = [];
  let next = 0;
  for (;;) {
    let blocks = chunkBytes / blockBytes;
    let active = 0;
    for (let index = 0; index < lanes; index += 1) {
      let lane = underWay[index];
      if (lane === undefined) {
        const message = queue[next];
        if (message === undefined) continue;
        next += 1;
        lane = begin(engine, index, message);
        underWay[index] = lane;
      }
      active += 1;
      blocks = Math.min(blocks, lane.blocksLeft);
    }
    if (active === 0) return;
    for (let index = 0; index < lanes; index += 1) fill(engine.memory, index, underWay[index], blocks);
    engine.takeBlocks(blocks * blockBytes);
    for (let index = 0; index < lanes; index += 1) {
      const lane = underWay[index];
      if (lane === undefined || lane.blocksLeft > 0) continue;
      finish(engine, index, lane.message);
      underWay[index] = undefined;
    }
  }
}

function begin({ states }: Engine, index: number, message: Md5Message): Lane {
  for (const [word, value] of START_STATE.entries()) states[stateIndex(index, word)] = value;
  const blocksLeft = Math.ceil((message.end - message.start + 1 + LENGTH_BYTES) / blockBytes);
  return { message, position: message.start, blocksLeft, padded: false };
}

/** Copies the lane's next `blocks` into its chunk. An idle lane works on whatever its chunk holds, in vain. */
function fill(memory: Buffer, index: number, lane: Lane | undefined, blocks: number): void {
  if (lane === undefined) return;
  const { data, start, end } = lane.message;
  const at = chunksAt + index * chunkStrideBytes;
  const chunkEnd = at + blocks * blockBytes;
  const { position } = lane;
  const dataEnd = Math.min(end, position + blocks * blockBytes);
  data.copy(memory, at, position, dataEnd);
  lane.position = dataEnd;
  lane.blocksLeft -= blocks;
  const paddingAt = at + dataEnd - position;
  if (paddingAt === chunkEnd) return;
  memory.fill(0, paddingAt, chunkEnd);
  if (!lane.padded) memory[paddingAt] = PADDING_START;
  lane.padded = true;
  if (lane.blocksLeft === 0) writeBitLength(memory, chunkEnd - LENGTH_BYTES, end - start);
}

function writeBitLength(memory: Buffer, at: number, bytes: number): void {
  memory.writeUInt32LE((bytes * 8) % 2 ** 32, at);
  memory.writeUInt32LE(Math.floor(bytes / 2 ** 29), at + 4);
}

function finish({ states }: Engine, index: number, { data, end }: Md5Message): void {
  for (let word = 0; word < START_STATE.length; word += 1) {
    data.writeUInt32LE(states[stateIndex(index, word)] as number, end + word * Uint32Array.BYTES_PER_ELEMENT);
  }
}

/** Where word A, B, C or D (0 to 3) of a lane lies among the states. */
function stateIndex(index: number, word: number): number {
  const vector = Math.floor(index / vectorLanes);
  return (vector * START_STATE.length + word) * vectorLanes + (index % vectorLanes);
}
