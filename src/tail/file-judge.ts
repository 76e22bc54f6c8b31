/**
 * Tells what files are of which that is not known: opens them, asks recognition/, and acts on the answer. What becomes of a generation that is
 * found or begun so, generation-courses.ts decides.
 *
 * Guarantee: a handle that is opened here is a generation's or an undecided file's afterwards, or closed, also where something fails.
 */
import { contentOf, type OpenContent, openContent, refuseForeign, statOrNothing } from './content/content.ts';
import { inodeKey } from './content/file-identity.ts';
import type { Generation } from './generation/generation.ts';
import type { KnownGenerations } from './generation/known-generations.ts';
import { loseRest } from './generation/retirement.ts';
import type { GenerationCourses } from './generation-courses.ts';
import type { GenerationsOptions } from './generations-options.ts';
import type { FoundFile, Listing } from './listing/discovery.ts';
import { type FirstLook, NOT_FIRST } from './listing/seen-directories.ts';
import type { Place } from './recognition/appearances.ts';
import type { Births } from './recognition/births.ts';
import type { Copies } from './recognition/copies.ts';
import type { Appearance, Recognition } from './recognition/recognition.ts';
import type { UndecidedFiles } from './recognition/undecided-files.ts';
import type { UnreadForms } from './recognition/unread-forms.ts';
import type { UnreadLogs } from './recognition/unread-logs.ts';
import type { UnseenFile } from './search/log-search.ts';
import type { Unseen } from './search/unseen.ts';

interface JudgeParts {
  readonly known: KnownGenerations;
  readonly recognition: Recognition;
  readonly births: Births;
  readonly copies: Copies;
  readonly undecided: UndecidedFiles;
  readonly unread: UnreadForms;
  readonly unseen: Unseen;
  readonly courses: GenerationCourses;
}

export class FileJudge {
  readonly #parts: JudgeParts;
  readonly #options: GenerationsOptions;

  constructor(parts: JudgeParts, options: GenerationsOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /**
   * Judges a file with an unknown inode. Returns a missing or new generation to read; `log-first`: what may be the file's log has to be
   * judged before; undefined: it is a copy, or has to wait.
   */
  async appeared(file: FoundFile, first: Appearance, nowMs: number): Promise<Generation | 'log-first' | undefined> {
    const { known, births, copies, unread } = this.#parts;
    if (known.live.has(file.stat) || copies.has(file)) return undefined;
    // Before opening: by then the file can have another name.
    births.saw(file, { first, nowMs });
    return unread.judging(file.path, nowMs, () => this.#judge(file.path, first, nowMs));
  }

  async #judge(path: string, first: Appearance, nowMs: number): Promise<Generation | 'log-first' | undefined> {
    const { known } = this.#parts;
    const content = await openContent(this.#options.content, path);
    // Since the listing its name may have passed to a file that is read: the next look tells.
    const isRead = known.live.has(content.stat);
    if (isRead || content.foreign !== undefined) {
      await content.handle.close();
      if (!isRead) refuseForeign(content);
      return undefined;
    }
    return this.#judgeContent(content, { first, nowMs });
  }

  /**
   * Judges an open file. Its handle is a generation's or an undecided file's from now on, or closed. `isOnly`: no name may lead to the file,
   * so that it is kept open where it cannot be judged. Rejects with a `FileFault`.
   */
  async #judgeContent(content: OpenContent, { first, nowMs, isOnly = false }: { first: Appearance; nowMs: number; isOnly?: boolean }): Promise<Generation | 'log-first' | undefined> {
    const { recognition, undecided, unseen, courses } = this.#parts;
    const key = inodeKey(content.stat);
    let kept = false;
    try {
      const told = await recognition.ofListed(content, { first, nowMs });
      if (told === 'covered') return undefined;
      const waits = told === 'later' || told === 'unsure' || told === 'log-first';
      if (typeof told === 'object' && content.path === told.originalPath) unseen.came(told, { first, nowMs });
      const generation = waits ? undefined : courses.takeUp(told ?? (await this.#begin(content, { first, nowMs })), content, nowMs);
      kept = true;
      await undecided.keep(key, waits ? { content, isCopySoFar: told === 'later' } : undefined, nowMs);
      return told === 'log-first' ? told : generation;
    } catch (fault) {
      const isUndecided = isOnly && !kept;
      kept ||= isUndecided;
      if (isUndecided) await undecided.keep(key, { content, isCopySoFar: false }, nowMs);
      throw fault;
    } finally {
      if (!kept) await content.handle.close();
    }
  }

  /** The generation that is to be read where another one's file was replaced. */
  async tookPlace({ generation, path }: Place, postponed: Appearance['postponed'], nowMs: number): Promise<Generation | 'log-first' | undefined> {
    const { known } = this.#parts;
    const stat = await statOrNothing(this.#options.content.files, path);
    if (stat === undefined || stat.kind !== 'file' || known.live.has(stat)) return undefined;
    return this.appeared({ path, stat }, { ...NOT_FIRST, except: generation, postponed }, nowMs);
  }

  /**
   * The file was taken for a plain one while it was empty, and is compressed. Judges it anew by its open handle, because no name may
   * lead to it any more; returns what is to be read. Rejects with a `FileFault`: the file stays undecided, and is judged when it can be read.
   */
  async retell(generation: Generation, nowMs: number): Promise<Generation | undefined> {
    const { courses } = this.#parts;
    const { handle, path } = generation;
    if (handle === undefined) return undefined;
    const { decompression } = this.#options.content;
    const content = await contentOf(handle, { path, decompression });
    courses.dismiss(generation);
    if (content.foreign !== undefined) return this.#refuse(content, generation);
    const told = await this.#judgeContent(content, { first: { ...NOT_FIRST, except: generation }, nowMs, isOnly: true });
    return told === 'log-first' ? undefined : told;
  }

  /** What is compressed with what is not read here: told as unreadable where a name leads to it, else counted as lost. */
  async #refuse(content: OpenContent, generation: Generation): Promise<undefined> {
    const isLost = content.stat.linkCount === 0;
    if (isLost) {
      loseRest(generation, this.#options.events);
      this.#options.onFinished(generation);
    }
    // Last: closing can fail, too.
    await content.handle.close();
    if (!isLost) refuseForeign(content);
  }

  /**
   * Reads undecided files that are listed no more and turned out to be new. Call before the files that appeared are judged: those may be
   * compressed forms of these.
   */
  async readUndecided({ inodeKeys: listed }: Listing, nowMs: number, unread: UnreadLogs): Promise<void> {
    const { known, recognition, births, copies, undecided, courses } = this.#parts;
    copies.forgetAllBut(listed);
    const postponed = (path: string) => (unread.hasLogOf(path) ? 'unsure' : undefined);
    const take = async (content: OpenContent, now: boolean) => {
      // Since the file was judged, a search may have found that it is the rest of a missing generation.
      const told = known.isIn(content.stat) ? 'covered' : await recognition.ofListed(content, { first: { ...NOT_FIRST, postponed }, nowMs });
      if (told === 'unsure' && !now) return told;
      if (told === 'covered' || told === 'later') await content.handle.close();
      else courses.takeUp(typeof told === 'object' ? told : await this.#begin(content, { first: NOT_FIRST, nowMs }), content, nowMs);
    };
    const lose = (content: OpenContent) => {
      if (known.isIn(content.stat)) return;
      const generation = births.unreadable(content, nowMs);
      loseRest(generation, this.#options.events);
      // The generation is not remembered: should the server find the file again, all of it is sent.
      this.#options.onFinished(generation);
    };
    await undecided.forUnread(listed, { nowMs, keepMsMax: this.#options.deletedFiles.keepMsMax, take, lose });
  }

  /**
   * Finds generations that came and went without ever being listed. Returns them to be read, oldest first. Rejects with a
   * `FileFault` when nothing was found and some file could not be read.
   */
  findUnseen(listing: Listing, nowMs: number): Promise<readonly Generation[]> {
    const { known, unread, unseen } = this.#parts;
    return unseen.find({ listing, nowMs, isKnown: ({ stat }) => known.isIn(stat), take: (file) => unread.judging(file.path, nowMs, () => this.#takeUnseen(file, nowMs)) });
  }

  async #takeUnseen(file: UnseenFile, nowMs: number): Promise<Generation | 'later' | undefined> {
    const { known, recognition, births, unseen, courses } = this.#parts;
    const opened = await openContent(this.#options.content, file.path);
    const content = { ...opened, besideLog: unseen.logNames.besideLog(file.path, file.originalPath) };
    let kept = false;
    try {
      if (known.isIn(content.stat)) return 'later';
      const told = await recognition.ofUnlisted(content, file, nowMs);
      if (told === 'later' || told === 'unsure') return 'later';
      if (told === 'covered') return undefined;
      const generation = told ?? (await births.begin(content, { ...file, first: NOT_FIRST, nowMs }));
      kept = true;
      courses.follow(generation, content, nowMs);
      return generation;
    } finally {
      if (!kept) await content.handle.close();
    }
  }

  async #begin(content: OpenContent, { first, nowMs }: { first: FirstLook; nowMs: number }): Promise<Generation> {
    const { births, unseen } = this.#parts;
    const generation = await births.begin(content, { first, nowMs });
    unseen.begun(generation, { first, nowMs });
    return generation;
  }
}
