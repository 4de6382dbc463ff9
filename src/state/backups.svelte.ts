import { isReminderDue } from '#domain/backup-schedule.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { Clock } from '#domain/ids.ts';
import type { BackupTarget } from '#domain/stored-rows.ts';
import type { BackupTask } from './backup-task.svelte.ts';
import type { BackupWork, PutAside, RestoreDone, Snapshot } from './backup-work.ts';
import type { StorageHealth } from './storage-health.svelte.ts';

/** Copies of the data, what reminds of them, and the way to the dialog of backups. */
export class Backups {
  #task = $state.raw<BackupTask | undefined>();
  #loading: Promise<BackupTask> | undefined;
  #targets = $state.raw<readonly BackupTarget[]>();
  #snapshots = $state.raw<readonly Snapshot[]>([]);
  #putAside = $state.raw<readonly PutAside[]>([]);
  #isReminderDue = $state(false);
  #isCopyBehind = $state(false);
  #copying = $state.raw<readonly BackupTarget['id'][]>([]);
  readonly #work: BackupWork;
  readonly #storage: StorageHealth;
  readonly #clock: Clock;
  readonly #reload: (done?: RestoreDone) => void;

  /** @param reload Loads the page anew, where it is told what was done. */
  constructor(
    work: BackupWork,
    storage: StorageHealth,
    clock: Clock,
    reload: (done?: RestoreDone) => void,
  ) {
    this.#work = work;
    this.#storage = storage;
    this.#clock = clock;
    this.#reload = reload;
    this.#watchTargets().catch((error: unknown) => storage.fail(toOnggiError(error)));
  }

  /** The work of the dialog; undefined until one was opened. */
  get task(): BackupTask | undefined {
    return this.#task;
  }

  /** Whether the dialog stands open. */
  get isOpen(): boolean {
    return (this.#task?.phase.kind ?? 'closed') !== 'closed';
  }

  /** How each copy went; undefined until that was read. */
  get targets(): readonly BackupTarget[] | undefined {
    return this.#targets;
  }

  get snapshots(): readonly Snapshot[] {
    return this.#snapshots;
  }

  /** The data from before each restore, while they are kept; those of the last one first. */
  get putAside(): readonly PutAside[] {
    return this.#putAside;
  }

  /** Newest copy outside this browser, epoch milliseconds; null when there is none. */
  get lastOutsideAt(): number | null {
    const times = (this.#targets ?? []).flatMap(({ id, lastSuccessAt }) =>
      id !== 'snapshot' && lastSuccessAt !== null ? [lastSuccessAt] : [],
    );
    return times.length === 0 ? null : Math.max(...times);
  }

  /** Whether the person should be reminded to make a copy outside this browser. */
  get isReminderDue(): boolean {
    return this.#isReminderDue;
  }

  /** Whether something was written that the newest copy outside this browser does not hold. */
  get isCopyBehind(): boolean {
    return this.#isCopyBehind;
  }

  /** Reads what the data screen shows beside the live rows. */
  async refresh(): Promise<void> {
    try {
      this.#snapshots = await this.#work.listSnapshots();
      this.#putAside = await this.#work.readPutAside();
      await this.checkReminder();
    } catch (error) {
      this.#storage.fail(toOnggiError(error));
    }
  }

  /** Looks whether a reminder is due, and whether the newest copy holds everything. */
  async checkReminder(): Promise<void> {
    const state = await this.#work.readReminder();
    this.#isReminderDue = isReminderDue(state, this.#clock());
    this.#isCopyBehind = state.isChanged;
  }

  /** Leaves the person alone for some days. */
  readonly snooze = (): Promise<void> => {
    this.#isReminderDue = false;
    return this.#quietly(() => this.#work.snooze());
  };

  /** Opens the dialog of a new backup. */
  readonly choose = (): Promise<void> => this.#withTask((task) => task.choose());

  /** Reads a backup for checking or for restoring; nothing is written. */
  open(file: File, purpose: 'verify' | 'restore'): Promise<void> {
    return this.#withTask((task) => task.open(file, purpose));
  }

  /** Opens the snapshot of that name for a restore. */
  openSnapshot(name: string): Promise<void> {
    return this.#withTask((task) => task.openSnapshot(name));
  }

  /** Goes back to the data from before a restore, and loads the page anew. */
  undoRestore(name: string): Promise<void> {
    return this.#withTask((task) => task.undoRestore(name));
  }

  /** Keeps copies in a folder from now on, and makes the first. */
  async useFolder(directory: FileSystemDirectoryHandle): Promise<void> {
    await this.#quietly(() => this.#work.useFolder(directory));
    await this.copyToFolder();
  }

  readonly forgetFolder = (): Promise<void> => this.#quietly(() => this.#work.forgetFolder());

  /** Whether a copy that the person asked for is being made there. */
  isCopying(id: BackupTarget['id']): boolean {
    return this.#copying.includes(id);
  }

  /** Makes a copy in the folder now; how it went stands in the targets. */
  readonly copyToFolder = (): Promise<void> =>
    this.#copy('folder', () => this.#work.copyToFolder(new AbortController().signal));

  /** Makes a copy in this browser now. */
  readonly makeSnapshot = async (): Promise<void> => {
    await this.#copy('snapshot', () => this.#work.makeSnapshot(new AbortController().signal));
    await this.refresh();
  };

  /** A chunk that could not be fetched is told, and asked for again by the next click. */
  async #withTask(use: (task: BackupTask) => unknown): Promise<void> {
    this.#loading ??= import('./backup-task.svelte.ts').then(({ BackupTask }) => {
      this.#task = new BackupTask({
        work: this.#work,
        onError: (error) => this.#storage.fail(error),
        onWritten: () => (this.#isReminderDue = false),
        reload: this.#reload,
      });
      return this.#task;
    });
    let task: BackupTask;
    try {
      task = await this.#loading;
    } catch (error) {
      this.#loading = undefined;
      this.#storage.fail(toOnggiError(error));
      return;
    }
    await use(task);
  }

  async #watchTargets(): Promise<void> {
    const targets = await this.#work.watchTargets();
    targets.subscribe({
      next: (targets) => {
        this.#targets = targets;
        void this.checkReminder().catch(() => undefined);
      },
      error: (error) => this.#storage.fail(toOnggiError(error)),
    });
  }

  async #copy(id: BackupTarget['id'], copy: () => Promise<unknown>): Promise<void> {
    if (this.isCopying(id)) return;
    this.#copying = [...this.#copying, id];
    await this.#quietly(copy);
    this.#copying = this.#copying.filter((other) => other !== id);
  }

  async #quietly(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // How a copy failed stands in its target; only a failing storage is told here.
      this.#storage.fail(toOnggiError(error));
    }
  }
}
