/**
 * The names of the members of one JSON object while it is written, so that none stands in it twice: where one does, a
 * renamed member goes before one that had the name, else the last goes before those before it, as parsers read it.
 */
import type { ByteWriter } from './byte-writer.ts';

interface Member {
  readonly name: string;
  /** Where it begins in what is written; it ends where the next begins, the last at the end. */
  readonly start: number;
  readonly isRenamed: boolean;
}

export class JsonNames {
  readonly #members: Member[] = [];
  readonly #names = new Set<string>();

  clear(): void {
    this.#members.length = 0;
    this.#names.clear();
  }

  add(member: Member): void {
    this.#members.push(member);
    this.#names.add(member.name);
  }

  /** Takes the members that lose their name out of what is written. */
  removeLosers(out: ByteWriter): void {
    const members = this.#members;
    if (this.#names.size === members.length) return;
    const owners = new Map<string, Member>();
    for (const member of members) {
      if (member.isRenamed || owners.get(member.name)?.isRenamed !== true) owners.set(member.name, member);
    }
    let to = members[0]?.start ?? out.length;
    for (const [index, member] of members.entries()) {
      if (owners.get(member.name) !== member) continue;
      const end = members[index + 1]?.start ?? out.length;
      out.bytes.copyWithin(to, member.start, end);
      to += end - member.start;
    }
    out.length = to;
  }
}
