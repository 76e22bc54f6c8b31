/** Types of the development packages that the demo checks kinship with; their own do not fit, or do not exist. */
declare module 'kinesalite' {
  import type { Server } from 'node:http';

  export default function kinesalite(options: { createStreamMs: number; shardLimit: number }): Server;
}
