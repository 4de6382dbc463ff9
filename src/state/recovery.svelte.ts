/** What a person can do when data are missing, or when nothing else opens. Needs no other part of the app. */
import { createBackupClient, createBackupReader } from '#backup/backup-client.ts';
import type { WaitingRestore } from '#backup/backup-client.ts';
import { forgetCanary, readCanary } from '#db/canary.ts';
import { inTime } from '#db/in-time.ts';
import { findForPointer, mendPointer } from '#db/mend-pointer.ts';
import type { WholeDatabase } from '#db/mend-pointer.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { rescueEverything } from '#db/rescue.ts';
import type { Rescued } from '#db/rescue.ts';
import { APP_VERSION } from '#domain/app-version.ts';
import type { BackupSummary, RestorePreview } from '#domain/backup-report.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { OnggiError } from '#domain/errors.ts';
import { toSessionId } from '#domain/ids.ts';
import type { Clock, CreateId } from '#domain/ids.ts';
import type { Progress } from '#domain/import-report.ts';
import type { RestoreDone } from './backup-work.ts';
import type { FullDisk } from './full-disk.svelte.ts';
import { RecoveryCopies } from './recovery-copies.svelte.ts';
import type { CopyContent, RecoverySnapshot } from './recovery-copies.svelte.ts';
import { createBackupWorker } from './script-urls.ts';

/**
 * Why the screen is there: the database is gone, rows are missing, the person asked for it, or nothing opens on
 * a full disk: then copies are only read.
 */
export type RecoveryReason =
  | { readonly kind: 'gone' }
  | {
      readonly kind: 'shrunken';
      /** Keys of noted rows that are missing, by table. */
      readonly missing: ReadonlyMap<string, ReadonlySet<string>>;
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

/** A backup file that was looked into and waits for being brought back. */
export interface ChosenFile {
  readonly file: File;
  /** Undefined for one that needs none. */
  readonly passphrase: string | undefined;
  readonly content: CopyContent;
  /** Something in it is missing or was changed. */
  readonly isDamaged: boolean;
}

/** Longer than a storage under load may take. */
const OPEN_PATIENCE_MS = 60_000;

/** Where the work that the person asked for stands. */
type Phase =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'working';
      readonly progress: Progress | null;
      /** Not while something is being put in place. */
      readonly canStop: boolean;
    }
  /** The chosen file asks for its passphrase; `isWrong` after a try. */
  | { readonly kind: 'locked'; readonly isWrong: boolean }
  /** Something was written here meanwhile, and a merge would do something else than before: it asks. */
  | { readonly kind: 'changed'; readonly preview: RestorePreview }
  | { readonly kind: 'failed'; readonly error: OnggiError };

export class Recovery {
  readonly reason: RecoveryReason;
  /** How many conversations are known to be missing; they were noted. */
  readonly missingCount: number;
  #phase = $state.raw<Phase>({ kind: 'idle' });
  #wait = $state.raw<StartWait | undefined>();
  #chosen = $state.raw<ChosenFile | undefined>();
  #candidates = $state.raw<readonly WholeDatabase[]>([]);
  /** Whether the databases could not be looked at for want of room. */
  #isLookDue = false;
  #abort: AbortController | undefined;
  #isClosed = false;
  /** Ends the looking that nobody asked for. */
  #looking: AbortController | undefined;
  /** The file that asks for its passphrase. */
  #lockedFile: File | undefined;
  /** The restore that asks. */
  #prepared: WaitingRestore | undefined;
  readonly #deps: RecoveryDeps;
  readonly #copies: RecoveryCopies;

  constructor(deps: RecoveryDeps) {
    this.#deps = deps;
    this.reason = deps.reason;
    const missingIds = [...findMissingIds(deps.reason)];
    this.missingCount = missingIds.length;
    this.#copies = new RecoveryCopies({
      reader: createBackupReader({ createWorker: createBackupWorker, appVersion: APP_VERSION }),
      clock: deps.clock,
      missingIds,
      isLossKnown: deps.reason.kind === 'shrunken',
    });
    deps.followWait((wait) => (this.#wait = wait));
    void this.#copies.list().then(() => this.#lookIntoCopies());
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
      this.#phase = PUTTING_IN_PLACE;
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
    return this.#copies.all;
  }

  /** Name of the copy that is being looked into though nobody asked for it. */
  get lookedAt(): string | undefined {
    return this.#copies.lookedAt;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Whether nothing else can be begun. */
  get isBusy(): boolean {
    return this.#phase.kind === 'working' || this.#phase.kind === 'changed';
  }

  /** The copy to begin with, see `RecoveryCopies`. */
  get best(): RecoverySnapshot | undefined {
    return this.#copies.best;
  }

  /** Looks into a copy: what it holds, or that it is damaged. Needs no database, and makes none. */
  look(name: string): Promise<void> {
    return this.#work((signal) => this.#copies.look(name, this.#telling(signal)));
  }

  /**
   * Brings a copy back and loads the page anew; where rows are left they are kept beside it. When later
   * parts of it turn out to be damaged, it only says so, and waits for being told again.
   */
  restoreSnapshot(name: string): Promise<void> {
    return this.#work(async (signal) => {
      const { whole, segments } = await this.#copies.read(name);
      await this.#copies.noting(name, () =>
        this.#restore(whole, signal, {
          segments,
          isWanted: (summary) => this.#copies.noteReach(name, summary),
        }),
      );
    });
  }

  /** The file that was chosen, with what it holds. */
  get chosen(): ChosenFile | undefined {
    return this.#chosen;
  }

  /**
   * Looks into a backup file, so that the person sees what it holds before it is brought back. One that is
   * protected asks for its passphrase first: see {@link unlock}.
   */
  chooseFile(file: File, passphrase?: string): Promise<void> {
    return this.#work(async (signal) => {
      this.#chosen = undefined;
      this.#lockedFile = file;
      const options = { passphrase, ...this.#telling(signal) };
      const summary = await this.#copies.verify(file, options);
      this.#lockedFile = undefined;
      const isDamaged = summary.isVerifiable && !summary.isVerified;
      this.#chosen = { file, passphrase, content: this.#copies.toContent(summary), isDamaged };
    });
  }

  /** Tries a passphrase on the file that asks for it. */
  readonly unlock = async (passphrase: string): Promise<void> => {
    if (this.#lockedFile) await this.chooseFile(this.#lockedFile, passphrase);
  };

  /** Brings the chosen file back and loads the page anew. */
  restoreFile({ file, passphrase }: ChosenFile): Promise<void> {
    return this.#work((signal) => this.#restore(file, signal, { passphrase }));
  }

  /** A copy as one file, to keep or to look into elsewhere; undefined where there is none. Needs no database. */
  async readSnapshot(name: string): Promise<File | undefined> {
    let file: File | undefined;
    await this.#work(async (signal) => {
      file = await this.#copies.toFile(name, this.#telling(signal));
    });
    return file;
  }

  /** Everything that can still be read; undefined where nothing came of it. */
  async rescue(): Promise<Rescued | undefined> {
    let rescued: Rescued | undefined;
    await this.#work(async (signal) => {
      // Looking opens the databases too. See [Note: Torn log] in `db/turn-log.ts`.
      await this.#deps.prepareToOpen();
      if (this.#isLookDue) void this.#findForPointer();
      const knownName = readCanary()?.databaseName;
      const { onProgress } = this.#telling(signal);
      rescued = await rescueEverything({
        now: this.#deps.clock(),
        knownName,
        signal,
        onProgress: (doneRows) =>
          onProgress({ step: 'rescue', doneBytes: 0, totalBytes: null, doneRows, totalRows: null }),
      });
    });
    return rescued;
  }

  /** Ends what is going on; what is here stays as it is. */
  readonly stop = (): void => this.#abort?.abort();

  /** The person has seen what the merge does now, and says yes. */
  readonly accept = async (): Promise<void> => {
    const prepared = this.#prepared;
    if (!prepared || this.#phase.kind !== 'changed') return;
    this.#phase = { kind: 'idle' };
    await this.#work(() => this.#commit(prepared));
  };

  /** The person goes on with what there is: nothing is looked into any more. */
  readonly close = (): void => {
    this.#isClosed = true;
    this.#looking?.abort();
    // A merge that asks would stand in the way of the next restore.
    void this.giveUp();
  };

  /** The person has seen what the merge does now, and says no: nothing is left of it. */
  readonly giveUp = async (): Promise<void> => {
    const prepared = this.#prepared;
    if (!prepared || this.#phase.kind !== 'changed') return;
    this.#phase = { kind: 'idle' };
    this.#prepared = undefined;
    await this.#work(() => prepared.discard());
  };

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

  /** @param options `isWanted`: asked when it is prepared; otherwise nothing is left of it. */
  async #restore(
    file: File,
    signal: AbortSignal,
    options: {
      readonly segments?: readonly File[];
      readonly passphrase?: string | undefined;
      readonly isWanted?: (summary: BackupSummary) => boolean;
    },
  ): Promise<void> {
    const { segments = [], passphrase, isWanted = () => true } = options;
    const client = await this.#openClient(signal);
    const prepared = await client.stage(file, {
      mode: this.reason.kind === 'gone' ? 'replace' : 'merge',
      sessionId: toSessionId(this.#deps.createId()),
      isLargeAllowed: true,
      passphrase,
      segments,
      ...this.#telling(signal),
    });
    if (signal.aborted || !isWanted(prepared.preview.summary)) {
      await prepared.discard();
      return;
    }
    await this.#commit(prepared);
  }

  /** Puts it in place and loads the page anew; where a merge would do something else by now, it asks first. */
  async #commit(prepared: WaitingRestore): Promise<void> {
    this.#phase = PUTTING_IN_PLACE;
    this.#prepared = undefined;
    let changed: RestorePreview | undefined;
    try {
      changed = await prepared.commit(prepared.preview.questions);
    } catch (error) {
      // It waits on after some failures, and would stand in the way of the next.
      await prepared.discard().catch(() => undefined);
      throw error;
    }
    if (changed) {
      this.#prepared = prepared;
      this.#phase = { kind: 'changed', preview: changed };
      return;
    }
    forgetCanary();
    this.#deps.reload(this.reason.kind === 'gone' ? 'recovered' : prepared.preview.mode);
  }

  async #openClient(signal: AbortSignal) {
    const { open, clock } = this.#deps;
    const db = await this.#openInTime(open(), signal);
    return createBackupClient({
      createWorker: createBackupWorker,
      db,
      appVersion: APP_VERSION,
      clock,
    });
  }

  /** An upgrade is at work however long it takes; everything else is not waited for without end. */
  async #openInTime(opening: Promise<OnggiDatabase>, signal: AbortSignal): Promise<OnggiDatabase> {
    const stopped = new Promise<never>((_resolve, reject) => {
      const stop = (): void => reject(toOnggiError(signal.reason));
      signal.addEventListener('abort', stop, { once: true });
    });
    for (;;) {
      try {
        return await inTime(Promise.race([opening, stopped]), OPEN_PATIENCE_MS);
      } catch (error) {
        if (this.#wait !== 'upgrade' || toOnggiError(error).code !== 'db/no-answer') throw error;
      }
    }
  }

  /** Where data are missing, says of each copy whether it has them, without being asked. */
  async #lookIntoCopies(): Promise<void> {
    const { kind } = this.reason;
    if (this.#isClosed || this.isBusy || (kind !== 'gone' && kind !== 'shrunken')) return;
    this.#looking = new AbortController();
    await this.#copies.lookIntoAll(this.#looking.signal);
  }

  /** For a job: shows how far it is, and ends it when the person wants that. */
  #telling(signal: AbortSignal) {
    const onProgress = (progress: Progress): void => {
      const phase = this.#phase;
      if (!signal.aborted && phase.kind === 'working') this.#phase = { ...phase, progress };
    };
    return { signal, onProgress };
  }

  async #work(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.isBusy) return;
    this.#looking?.abort();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#phase = { kind: 'working', progress: null, canStop: true };
    try {
      await work(signal);
      if (this.phase.kind === 'working') this.#phase = { kind: 'idle' };
    } catch (thrown) {
      this.#phase = signal.aborted ? { kind: 'idle' } : toEnd(toOnggiError(thrown));
    }
    void this.#lookIntoCopies();
  }
}

const PUTTING_IN_PLACE: Phase = { kind: 'working', progress: null, canStop: false };

/** A passphrase that is wanting is asked for; everything else is a failure. */
function toEnd(error: OnggiError): Phase {
  if (error.code === 'file/passphrase-needed') return { kind: 'locked', isWrong: false };
  if (error.code === 'file/passphrase-wrong') return { kind: 'locked', isWrong: true };
  return { kind: 'failed', error };
}

/** Conversations that are missing and were noted. */
function findMissingIds(reason: RecoveryReason): ReadonlySet<string> {
  if (reason.kind === 'shrunken') return reason.missing.get('conversations') ?? new Set();
  if (reason.kind !== 'gone') return new Set();
  const noted = readCanary();
  // Of an older spread nothing tells which of them the person has removed since.
  const spread = noted?.spread?.lastSeq === noted?.lastSeq ? noted?.spread : undefined;
  return new Set([...(noted?.conversationIds ?? []), ...(spread?.rows['conversations'] ?? [])]);
}
