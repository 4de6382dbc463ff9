/** The copies in this browser as the recovery screen lists them, with what looking into them finds. */
import type { BackupReader, JobOptions, VerifyFileOptions } from '#backup/backup-client.ts';
import { backupFileName, backupFileTime } from '#backup/file-name.ts';
import { createSnapshots } from '#backup/snapshots.ts';
import type { SnapshotFiles } from '#backup/snapshots.ts';
import type { BackupSummary } from '#domain/backup-report.ts';
import { OnggiError, toOnggiError } from '#domain/errors.ts';
import type { ErrorCode } from '#domain/errors.ts';
import type { Clock } from '#domain/ids.ts';

/** A copy in this browser, with what looking into it found. */
export interface RecoverySnapshot {
  readonly name: string;
  readonly sizeBytes: number;
  /** The moment that it reaches, epoch milliseconds. */
  readonly createdAt: number;
  /** Later parts of it are damaged: what is left reaches `createdAt`. */
  readonly isCut: boolean;
  /** Undefined until it was looked into; null: it is damaged. */
  readonly counts: CopyContent | null | undefined;
}

/** What a copy holds. */
export interface CopyContent {
  readonly conversations: number;
  readonly messages: number;
  /** Of its messages, epoch milliseconds; null where it has none. */
  readonly earliestAt: number | null;
  readonly latestAt: number | null;
  /** How many it has of the conversations that are missing and were noted; null where none is known. */
  readonly missing: number | null;
}

interface CopiesDeps {
  readonly reader: BackupReader;
  readonly clock: Clock;
  /** Conversations that are missing and were noted. */
  readonly missingIds: readonly string[];
  /** Whether all of them are lost: none was removed by the person. */
  readonly isLossKnown: boolean;
}

/** Nothing is written here. */
const refuse = (): Promise<never> =>
  Promise.reject(new OnggiError('backup/not-written', 'no maker'));

export class RecoveryCopies {
  #all = $state.raw<readonly RecoverySnapshot[] | undefined>();
  #lookedAt = $state.raw<string | undefined>();
  readonly #deps: CopiesDeps;
  readonly #files = createSnapshots({ maker: { createBackup: refuse, verify: refuse } });

  constructor(deps: CopiesDeps) {
    this.#deps = deps;
  }

  /** Newest first; undefined until they are listed. */
  get all(): readonly RecoverySnapshot[] | undefined {
    return this.#all;
  }

  /** Name of the one that {@link lookIntoAll} is at. */
  get lookedAt(): string | undefined {
    return this.#lookedAt;
  }

  /**
   * Of those that are not known to be damaged the newest, or an older one that is known to have more of what is
   * missing, where that is known for sure: it takes the place of everything.
   */
  get best(): RecoverySnapshot | undefined {
    const whole = this.#all?.filter(({ counts }) => counts !== null) ?? [];
    const [newest] = whole;
    if (!newest?.counts || !this.#deps.isLossKnown) return newest;
    const missingOf = ({ counts }: RecoverySnapshot): number => counts?.missing ?? 0;
    const most = Math.max(...whole.map(missingOf));
    return whole.find((one) => missingOf(one) === most);
  }

  async list(): Promise<void> {
    const copies = await this.#files.list();
    this.#all = copies.map(({ name, sizeBytes, reachesAt }) => ({
      name,
      sizeBytes,
      createdAt: reachesAt,
      isCut: false,
      counts: undefined,
    }));
  }

  /** Its files. @throws OnggiError `file/unreadable` when it is gone. */
  read(name: string): Promise<SnapshotFiles> {
    return this.#files.read(name);
  }

  /** Looks into one: what it holds, or that it is damaged. @throws OnggiError `file/*`. */
  async look(name: string, options: JobOptions): Promise<void> {
    const { whole, segments } = await this.#files.read(name);
    await this.noting(name, async () => {
      const summary = await this.verify(whole, { ...options, segments });
      this.#note(name, { counts: this.toContent(summary), ...toReach(summary) });
    });
  }

  /** Looks into each that was not looked into yet, the newest first. What fails is left for a click. */
  async lookIntoAll(signal: AbortSignal): Promise<void> {
    for (const { name, counts } of this.#all ?? []) {
      if (signal.aborted) break;
      if (counts !== undefined) continue;
      this.#lookedAt = name;
      await this.look(name, { signal }).catch(() => undefined);
      // Whoever ended this has begun another look perhaps.
      if (this.#lookedAt === name) this.#lookedAt = undefined;
    }
  }

  /** Looks into a file, also for what is missing. @throws OnggiError `file/*`. */
  verify(file: Blob, options: VerifyFileOptions): Promise<BackupSummary> {
    const { reader, missingIds } = this.#deps;
    const wantedIds = missingIds.length > 0 ? missingIds : undefined;
    return reader.verify(file, { ...options, isLargeAllowed: true, wantedIds });
  }

  toContent({ counts, earliestAt, latestAt, wantedCount }: BackupSummary): CopyContent {
    const { conversations, messages } = counts;
    return { conversations, messages, earliestAt, latestAt, missing: wantedCount ?? null };
  }

  /** A copy as one file. @throws OnggiError `file/*`, `backup/not-written`. */
  async toFile(name: string, options: JobOptions): Promise<File> {
    const { whole, segments } = await this.#files.read(name);
    const { clock, reader } = this.#deps;
    const at = this.#all?.find((one) => one.name === name)?.createdAt;
    if (segments.length === 0 || at === undefined) {
      return new File([whole], backupFileName(backupFileTime(name) ?? clock()));
    }
    return this.noting(name, () => reader.fold(whole, segments, { ...options, at }));
  }

  /**
   * Writes down how far a copy reaches.
   * @returns whether that was known before: what is missing at its end was told then.
   */
  noteReach(name: string, summary: BackupSummary): boolean {
    const known = this.#all?.find((one) => one.name === name);
    const reach = toReach(summary);
    this.#note(name, reach);
    return !reach.isCut || known?.isCut === true;
  }

  /** Marks a copy as damaged when that is what the work found. */
  async noting<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isDamage(toOnggiError(error).code)) this.#note(name, { counts: null });
      throw error;
    }
  }

  #note(name: string, found: Partial<RecoverySnapshot>): void {
    this.#all = this.#all?.map((one) => (one.name === name ? { ...one, ...found } : one));
  }
}

/** Whether this says that a copy is damaged: one of a newer version, or that is gone by now, is not. */
const isDamage = (code: ErrorCode): boolean =>
  code.startsWith('file/') && code !== 'file/newer-version' && code !== 'file/unreadable';

/** The moment that a copy really reaches, when parts of it are damaged. */
function toReach({
  createdAt,
  problems,
}: BackupSummary): Pick<RecoverySnapshot, 'isCut'> & Partial<RecoverySnapshot> {
  const isCut = problems.some(({ code }) => code === 'segments_damaged');
  return isCut && createdAt !== null ? { isCut, createdAt } : { isCut };
}
