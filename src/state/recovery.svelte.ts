/** What a person can do when data are missing, or when nothing else opens. Needs no other part of the app. */
import { createBackupClient, createBackupReader } from '#backup/backup-client.ts';
import { backupFileName, backupFileTime } from '#backup/file-name.ts';
import { createSnapshots } from '#backup/snapshots.ts';
import { forgetCanary, readCanary } from '#db/canary.ts';
import { inTime } from '#db/in-time.ts';
import { findForPointer, mendPointer } from '#db/mend-pointer.ts';
import type { WholeDatabase } from '#db/mend-pointer.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { rescueEverything } from '#db/rescue.ts';
import type { Rescued } from '#db/rescue.ts';
import { APP_VERSION } from '#domain/app-version.ts';
import type { BackupSummary } from '#domain/backup-report.ts';
import { OnggiError, toOnggiError } from '#domain/errors.ts';
import { toSessionId } from '#domain/ids.ts';
import type { Clock, CreateId } from '#domain/ids.ts';
import type { Progress } from '#domain/import-report.ts';
import type { RestoreDone } from './backup-work.ts';
import type { FullDisk } from './full-disk.svelte.ts';
import { createBackupWorker } from './script-urls.ts';

/**
 * Why the screen is there: the database is gone, rows are missing, the person asked for it, or nothing opens on
 * a full disk: then copies are only read.
 */
export type RecoveryReason =
  | { readonly kind: 'gone' }
  | {
      readonly kind: 'shrunken';
      /** Noted rows that are missing, by table. */
      readonly missing: ReadonlyMap<string, number>;
      /** Conversations that were noted. */
      readonly known: number;
      /** The newest changes that are missing. */
      readonly changes: number;
    }
  | { readonly kind: 'rescue' }
  | { readonly kind: 'full'; readonly disk: FullDisk };

/** Why opening takes long: an older tab, an upgrade of the schema, a storage that says nothing. */
export type StartWait = 'blocked' | 'upgrade' | 'no-answer';

export interface RecoveryDeps {
  readonly reason: RecoveryReason;
  /** Opens the live database, and makes it where it is gone. */
  readonly open: () => Promise<OnggiDatabase>;
  /** To be waited for before any database is opened past `open`. @throws OnggiError `db/no-space` */
  readonly prepareToOpen: () => Promise<void>;
  /** Tells from now on why `open` takes long; undefined when it does not any more. */
  readonly followWait: (follow: (wait: StartWait | undefined) => void) => void;
  readonly clock: Clock;
  readonly createId: CreateId;
  /** Loads the page anew; there it is told what was done. */
  readonly reload: (done?: RestoreDone) => void;
}

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
}

/** A backup file that was looked into and waits for being brought back. */
export interface ChosenFile {
  readonly file: File;
  readonly content: CopyContent;
  /** Something in it is missing or was changed. */
  readonly isDamaged: boolean;
}

/** Longer than a storage under load may take. */
const OPEN_PATIENCE_MS = 60_000;

type Phase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'working'; readonly progress: Progress | null }
  | { readonly kind: 'failed'; readonly error: OnggiError };

/** Nothing is written here. */
const refuse = (): Promise<never> =>
  Promise.reject(new OnggiError('backup/not-written', 'no maker'));

export class Recovery {
  readonly reason: RecoveryReason;
  #snapshots = $state.raw<readonly RecoverySnapshot[] | undefined>();
  #phase = $state.raw<Phase>({ kind: 'idle' });
  #wait = $state.raw<StartWait | undefined>();
  #chosen = $state.raw<ChosenFile | undefined>();
  #candidates = $state.raw<readonly WholeDatabase[]>([]);
  /** Whether the databases could not be looked at for want of room. */
  #isLookDue = false;
  readonly #deps: RecoveryDeps;
  readonly #files = createSnapshots({
    maker: { createBackup: refuse, verify: refuse },
  });

  readonly #reader = createBackupReader({
    createWorker: createBackupWorker,
    appVersion: APP_VERSION,
  });

  constructor(deps: RecoveryDeps) {
    this.#deps = deps;
    this.reason = deps.reason;
    deps.followWait((wait) => (this.#wait = wait));
    void this.#list();
    if (deps.reason.kind === 'rescue') void this.#findForPointer();
  }

  /** Why the database that is being opened takes long, where that is known. */
  get wait(): StartWait | undefined {
    return this.#wait;
  }

  /** The databases that can be opened, the likeliest first, where nothing says which is the live one. */
  get candidates(): readonly WholeDatabase[] {
    return this.#candidates;
  }

  /** Notes that this database is the live one, and loads the page anew. The others are kept. */
  mendPointer(name: string): Promise<void> {
    return this.#work(async () => {
      const others = this.#candidates.map((each) => each.name).filter((each) => each !== name);
      await this.#deps.prepareToOpen();
      await mendPointer({ name, others, now: this.#deps.clock() });
      // What was noted of another would be missing in this one.
      if (readCanary()?.databaseName !== name) forgetCanary();
      this.#deps.reload();
    });
  }

  /** Newest first; undefined until they are listed. */
  get snapshots(): readonly RecoverySnapshot[] | undefined {
    return this.#snapshots;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** The newest copy that is not known to be damaged. */
  get best(): RecoverySnapshot | undefined {
    return this.#snapshots?.find(({ counts }) => counts !== null);
  }

  /** Looks into a copy: what it holds, or that it is damaged. Needs no database, and makes none. */
  look(name: string): Promise<void> {
    return this.#work(async () => {
      const { whole, segments } = await this.#files.read(name);
      await this.#noting(name, async () => {
        const summary = await this.#reader.verify(whole, { isLargeAllowed: true, segments });
        this.#note(name, { counts: toContent(summary), ...toReach(summary) });
      });
    });
  }

  /**
   * Brings a copy back and loads the page anew; where rows are left they are kept beside it. When later
   * parts of it turn out to be damaged, it only says so, and waits for being told again.
   */
  restoreSnapshot(name: string): Promise<void> {
    return this.#work(async () => {
      const { whole, segments } = await this.#files.read(name);
      const known = this.#snapshots?.find((one) => one.name === name);
      await this.#noting(name, () =>
        this.#restore(whole, segments, (summary) => {
          const reach = toReach(summary);
          this.#note(name, reach);
          return !reach.isCut || known?.isCut === true;
        }),
      );
    });
  }

  /** The file that was chosen, with what it holds. */
  get chosen(): ChosenFile | undefined {
    return this.#chosen;
  }

  /** Looks into a backup file, so that the person sees what it holds before it is brought back. */
  chooseFile(file: File): Promise<void> {
    this.#chosen = undefined;
    return this.#work(async () => {
      const summary = await this.#reader.verify(file, { isLargeAllowed: true });
      const isDamaged = summary.isVerifiable && !summary.isVerified;
      this.#chosen = { file, content: toContent(summary), isDamaged };
    });
  }

  /** Brings the chosen file back and loads the page anew. */
  restoreFile({ file }: ChosenFile): Promise<void> {
    return this.#work(() => this.#restore(file));
  }

  /** A copy as one file, to keep or to look into elsewhere. Needs no database. */
  async readSnapshot(name: string): Promise<File | undefined> {
    let file: File | undefined;
    await this.#work(async () => {
      const { whole, segments } = await this.#files.read(name);
      const at = this.#snapshots?.find((one) => one.name === name)?.createdAt;
      if (segments.length === 0 || at === undefined) {
        file = new File([whole], backupFileName(backupFileTime(name) ?? this.#deps.clock()));
        return;
      }
      await this.#noting(name, async () => {
        file = await this.#reader.fold(whole, segments, { at });
      });
    });
    return file;
  }

  /** Everything that can still be read. */
  async rescue(): Promise<Rescued | undefined> {
    let rescued: Rescued | undefined;
    await this.#work(async () => {
      // Looking opens the databases too. See [Note: Torn log] in `db/turn-log.ts`.
      await this.#deps.prepareToOpen();
      if (this.#isLookDue) void this.#findForPointer();
      const knownName = readCanary()?.databaseName;
      rescued = await rescueEverything({ now: this.#deps.clock(), knownName });
    });
    return rescued;
  }

  async #findForPointer(): Promise<void> {
    this.#isLookDue = false;
    const notedName = readCanary()?.databaseName;
    try {
      await this.#deps.prepareToOpen();
      this.#candidates = await findForPointer({ notedName });
    } catch (thrown) {
      // Where nothing can be looked at, there is nothing to offer; but room is something a person can make.
      const error = toOnggiError(thrown);
      if (error.code !== 'db/no-space') return;
      this.#isLookDue = true;
      if (this.#phase.kind === 'idle') this.#phase = { kind: 'failed', error };
    }
  }

  async #list(): Promise<void> {
    const copies = await this.#files.list();
    this.#snapshots = copies.map(({ name, sizeBytes, reachesAt }) => ({
      name,
      sizeBytes,
      createdAt: reachesAt,
      isCut: false,
      counts: undefined,
    }));
  }

  /** @param isWanted Asked when it is prepared; otherwise nothing is left of it. */
  async #restore(
    file: File,
    segments: readonly File[] = [],
    isWanted: (summary: BackupSummary) => boolean = () => true,
  ): Promise<void> {
    const client = await this.#openClient();
    const isGone = this.reason.kind === 'gone';
    const prepared = await client.stage(file, {
      mode: isGone ? 'replace' : 'merge',
      sessionId: toSessionId(this.#deps.createId()),
      isLargeAllowed: true,
      segments,
      onProgress: (progress) => (this.#phase = { kind: 'working', progress }),
    });
    if (!isWanted(prepared.preview.summary)) {
      await prepared.discard();
      return;
    }
    // What it does was not shown, so that nothing has to be shown anew when another tab wrote meanwhile.
    while (await prepared.commit(prepared.preview.questions)) continue;
    forgetCanary();
    this.#deps.reload(isGone ? 'recovered' : prepared.preview.mode);
  }

  async #openClient() {
    const { open, clock } = this.#deps;
    const db = await this.#openInTime(open());
    return createBackupClient({
      createWorker: createBackupWorker,
      db,
      appVersion: APP_VERSION,
      clock,
    });
  }

  /** An upgrade is at work however long it takes; everything else is not waited for without end. */
  async #openInTime(opening: Promise<OnggiDatabase>): Promise<OnggiDatabase> {
    for (;;) {
      try {
        return await inTime(opening, OPEN_PATIENCE_MS);
      } catch (error) {
        if (this.#wait !== 'upgrade' || toOnggiError(error).code !== 'db/no-answer') throw error;
      }
    }
  }

  /** Marks a copy as damaged when that is what the work found. */
  async #noting(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (toOnggiError(error).code.startsWith('file/')) this.#note(name, { counts: null });
      throw error;
    }
  }

  #note(name: string, found: Partial<RecoverySnapshot>): void {
    this.#snapshots = this.#snapshots?.map((one) =>
      one.name === name ? { ...one, ...found } : one,
    );
  }

  async #work(work: () => Promise<void>): Promise<void> {
    if (this.#phase.kind === 'working') return;
    this.#phase = { kind: 'working', progress: null };
    try {
      await work();
      this.#phase = { kind: 'idle' };
    } catch (error) {
      this.#phase = { kind: 'failed', error: toOnggiError(error) };
    }
  }
}

function toContent({ counts, earliestAt, latestAt }: BackupSummary): CopyContent {
  const { conversations, messages } = counts;
  return { conversations, messages, earliestAt, latestAt };
}

/** The moment that a copy really reaches, when parts of it are damaged. */
function toReach({
  createdAt,
  problems,
}: BackupSummary): Pick<RecoverySnapshot, 'isCut'> & Partial<RecoverySnapshot> {
  const isCut = problems.some(({ code }) => code === 'segments_damaged');
  return isCut && createdAt !== null ? { isCut, createdAt } : { isCut };
}
