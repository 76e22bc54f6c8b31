/**
 * The names of the members of one JSON object while it is written, so that no name stands in it twice. Of members with one name a
 * renamed one stays rather than one that had the name before; otherwise the last stays, as parsers read it.
 */
import type { ByteWriter } from '../stage/byte-writer.ts';

interface Member {
  readonly name: string;
  /** Where the member begins in what is written. It ends where the next one begins, the last one at the end. */
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

  /** Takes the members that lost their name out of what is written. */
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
