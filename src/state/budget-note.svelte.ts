import type { UsageStatistic } from '#domain/usage.ts';
import { monthOf, summariseMonth } from '#domain/usage-summary.ts';
import type { MonthBudget } from '#domain/usage-summary.ts';
import type { Usage } from './usage.svelte.ts';

/** In `localStorage`: which note was put away. */
const KEY = 'onggi.budget-note';

/** Says beside the message box that the month's budget is nearly or wholly used. */
export class BudgetNote {
  #rows = $state.raw<readonly UsageStatistic[]>([]);
  #dismissed = $state<string | null>(null);
  readonly #usage: Pick<Usage, 'prices' | 'today' | 'watchSince'>;
  readonly #memory: Pick<Storage, 'getItem' | 'setItem'>;

  /** @param memory What remembers across loads: `localStorage`. */
  constructor(
    usage: Pick<Usage, 'prices' | 'today' | 'watchSince'>,
    memory: Pick<Storage, 'getItem' | 'setItem'>,
  ) {
    this.#usage = usage;
    this.#memory = memory;
    this.#dismissed = memory.getItem(KEY);
  }

  /** How the month stands; undefined while there is nothing to warn of, or that was put away. */
  get shown(): MonthBudget | undefined {
    const { prices, today } = this.#usage;
    const month = summariseMonth(this.#rows, today, prices.monthlyBudgetUsd);
    const isDue = month.state === 'near' || month.state === 'over';
    return isDue && this.#dismissed !== noteOf(month) ? month : undefined;
  }

  /** Puts it away until the next month, the end of the budget, or another budget. */
  readonly dismiss = (): void => {
    const { shown } = this;
    if (!shown) return;
    this.#dismissed = noteOf(shown);
    this.#memory.setItem(KEY, this.#dismissed);
  };

  /** Keeps it up to date until the returned function is called. */
  follow(): () => void {
    const { from } = monthOf(this.#usage.today);
    const subscription = this.#usage.watchSince(from).subscribe({
      next: (rows) => (this.#rows = rows),
      // A note that cannot be given is none; what is wrong with the storage is told elsewhere.
      error: () => (this.#rows = []),
    });
    return () => subscription.unsubscribe();
  }
}

const noteOf = ({ from, state, budgetUsd }: MonthBudget): string =>
  [from, state, budgetUsd].join(' ');
