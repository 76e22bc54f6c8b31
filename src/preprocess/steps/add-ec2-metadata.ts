/**
 * ADDEC2METADATA: adds what is known of the EC2 instance at the end of a JSON object. Names and order of the fields are the Java
 * agent's. While nothing is known, records pass unchanged.
 * Other than the Java agent, it leaves numbers as they are written. A line in which something follows the object is not read, so
 * that nothing is lost.
 */
import type { Ec2Facts } from '../../core/instance-metadata.ts';
import type { ByteWriter } from '../stage/byte-writer.ts';
import { isoAtOffset } from '../time/calendar.ts';
import type { JsonFormat } from '../config/shared.ts';
import type { PreprocessEnvironment } from '../stage/environment.ts';
import { type JavaJson, parseJavaObject, writeJavaJson } from '../java/java-json.ts';
import { JsonMembers } from '../json/json-members.ts';
import { decodeText } from '../json/json-text.ts';
import { type RecordBytes, type RecordContext, type Stage, textEnd, type Verdict, verdict } from '../stage/stage.ts';

export class AddEc2Metadata implements Stage {
  readonly name = 'ADDEC2METADATA';
  readonly usesPatterns = false;
  readonly #environment: PreprocessEnvironment;
  readonly #ttlSeconds: number;
  readonly #pretty: boolean;
  readonly #java: boolean;
  readonly #object = new JsonMembers();
  #facts: Ec2Facts | undefined;
  #members: readonly (readonly [string, JavaJson])[] = [];

  /** `java`: what is no fact comes out as the Java agent has it. */
  constructor(options: { environment: PreprocessEnvironment; ttlSeconds: number; jsonFormat: JsonFormat; java: boolean }) {
    this.#environment = options.environment;
    this.#ttlSeconds = options.ttlSeconds;
    this.#pretty = options.jsonFormat === 'PRETTYPRINT';
    this.#java = options.java;
  }

  convert(record: RecordBytes, context: RecordContext, out: ByteWriter): Verdict {
    const facts = this.#environment.instanceMetadata.ec2(this.#ttlSeconds);
    if (facts === undefined) return verdict.unchanged;
    const { buffer, start } = record;
    const end = textEnd(record);
    const members = this.#java || this.#object.read(buffer, start, end) ? parseJavaObject(decodeText(buffer, start, end), !this.#java) : undefined;
    if (members === undefined) {
      context.failure = 'the record is not a JSON object';
      context.failedAtBytes = -1;
      return verdict.raw;
    }
    if (facts !== this.#facts) {
      this.#facts = facts;
      this.#members = this.#membersOf(facts);
    }
    for (const [key, value] of this.#members) members.set(key, value);
    out.appendText(writeJavaJson(members, this.#pretty));
    out.appendByte(0x0a);
    return verdict.written;
  }

  #membersOf(facts: Ec2Facts): readonly (readonly [string, JavaJson])[] {
    const members: (readonly [string, JavaJson])[] = [
      ['privateIp', facts.privateIp ?? null],
      ['availabilityZone', facts.availabilityZone ?? null],
      ['instanceId', facts.instanceId ?? null],
      ['instanceType', facts.instanceType ?? null],
      ['accountId', facts.accountId ?? null],
      ['amiId', facts.amiId ?? null],
      ['region', facts.region ?? null],
      ['metadataTimestamp', isoAtOffset(facts.wallMs, this.#environment.utcOffsetMinutes(facts.wallMs))],
    ];
    if (facts.tags === undefined) return members;
    const tags = Object.entries(facts.tags).map(([key, value]) => [key.toLowerCase(), value] as const);
    return [...members, ['tags', new Map<string, JavaJson>(tags)]];
  }
}
