import type { ErrorCode } from '#domain/errors.ts';
import type { Language } from '#domain/user-settings.ts';
import { loadCatalog, loadFirstTexts, translate } from '#i18n/translate.ts';
import type { FirstTexts, MessageKey, TextValues } from '#i18n/translate.ts';

export type { MessageKey, TextValues };

/** What is here of a language. */
interface Texts {
  readonly language: Language;
  readonly texts: FirstTexts;
  readonly isWhole: boolean;
}

/** The texts of the language in use: those of the first view at once, the others soon after. */
export class Translator {
  #current = $state.raw<Texts>();

  #wanted: Language | undefined;

  /** The language on the screen; undefined before the first texts are here. */
  get language(): Language | undefined {
    return this.#current?.language;
  }

  /** Fetches a language and switches to it; the old one stays on the screen until then. */
  async use(language: Language): Promise<void> {
    this.#wanted = language;
    if (this.#current?.language === language) return;
    // After the first view other parts are on the screen, which need the other texts too.
    const isWhole = this.#current?.isWhole ?? false;
    const texts = await (isWhole ? loadCatalog(language) : loadFirstTexts(language));
    // Of two that are on their way the one asked for last counts, whichever comes first.
    if (this.#wanted === language) this.#current = { language, texts, isWhole };
  }

  /** Fetches what is missing of the language in use. Whoever shows more than the first view waits for it. */
  async complete(): Promise<void> {
    const language = this.#current?.language;
    if (!language || this.#current?.isWhole) return;
    const texts = await loadCatalog(language);
    if (this.#current?.language === language) this.#current = { language, texts, isWhole: true };
    else await this.complete();
  }

  /** The text of a key. */
  readonly t = (key: MessageKey, values?: TextValues): string => {
    if (!this.#current) return '';
    return translate(this.#current.texts, this.#current.language, key, values);
  };

  /** What happened, what was kept and what to do, for a failure. */
  readonly errorText = (code: ErrorCode, values?: TextValues): string =>
    this.t(`error.${code}`, values);

  /** A time today as hours and minutes, an older one with its date. */
  readonly time = (timestamp: number, now: number): string => {
    const isToday = new Date(timestamp).toDateString() === new Date(now).toDateString();
    return new Intl.DateTimeFormat(this.language, {
      ...(isToday ? {} : { dateStyle: 'medium' as const }),
      timeStyle: 'short',
    }).format(timestamp);
  };

  /** A date without its time of day. */
  readonly date = (timestamp: number): string =>
    new Intl.DateTimeFormat(this.language, { dateStyle: 'medium' }).format(timestamp);

  /** A stretch of time in dates; one date where it is one day. */
  readonly dates = (from: number, to: number): string =>
    new Intl.DateTimeFormat(this.language, { dateStyle: 'medium' }).formatRange(from, to);

  /** How long ago, in the largest unit that fits: "2 days ago". */
  readonly ago = (timestamp: number, now: number): string => {
    const minutes = Math.round((timestamp - now) / 60_000);
    if (minutes === 0) return this.t('time.justNow');
    const format = new Intl.RelativeTimeFormat(this.language, { numeric: 'auto' });
    if (Math.abs(minutes) < 60) return format.format(minutes, 'minute');
    if (Math.abs(minutes) < 24 * 60) return format.format(Math.round(minutes / 60), 'hour');
    return format.format(Math.round(minutes / (24 * 60)), 'day');
  };

  /** A date with its time of day. */
  readonly dateTime = (timestamp: number): string =>
    new Intl.DateTimeFormat(this.language, { dateStyle: 'medium', timeStyle: 'short' }).format(
      timestamp,
    );

  /** Name of a month, with its year. */
  readonly month = (year: number, month: number): string =>
    new Intl.DateTimeFormat(this.language, { year: 'numeric', month: 'long' }).format(
      new Date(year, month - 1, 1),
    );

  readonly number = (value: number): string => new Intl.NumberFormat(this.language).format(value);

  /** US dollars; small amounts with as many digits as they need to be more than nothing. */
  readonly usd = (value: number): string => {
    const digits = value === 0 || value >= 0.1 ? 2 : value >= 0.01 ? 3 : 6;
    return new Intl.NumberFormat(this.language, {
      style: 'currency',
      currency: 'USD',
      currencyDisplay: 'narrowSymbol',
      minimumFractionDigits: 2,
      maximumFractionDigits: digits,
    }).format(value);
  };

  /** A duration in seconds with one decimal, for example "1.8s". */
  readonly seconds = (milliseconds: number): string =>
    this.t('unit.seconds', {
      value: new Intl.NumberFormat(this.language, { maximumFractionDigits: 1 }).format(
        milliseconds / 1000,
      ),
    });

  /** Bytes in the unit that fits: kilobytes and up, because "byte" is a word that not every language has. */
  readonly bytes = (sizeBytes: number): string => {
    const units = ['kilobyte', 'megabyte', 'gigabyte'] as const;
    const power = Math.min(3, Math.max(1, Math.floor(Math.log10(Math.max(1, sizeBytes)) / 3)));
    return new Intl.NumberFormat(this.language, {
      style: 'unit',
      unit: units[power - 1] ?? 'kilobyte',
      unitDisplay: 'short',
      maximumFractionDigits: power > 1 || sizeBytes < 1000 ? 1 : 0,
    }).format(sizeBytes / 1000 ** power);
  };
}
