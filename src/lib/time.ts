/** Instants are integer microseconds since the Unix epoch, UTC. */
export const MICROSECOND = 1;
export const MILLISECOND = 1_000;
export const SECOND = 1_000_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const YEAR = 365 * DAY;

const WEEKDAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'] as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

export interface CivilTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

/** As `metav1.Time`: `2026-11-22T13:21:48Z`. */
export function formatTime(micros: number): string {
  const t = toCivil(micros);
  return `${dateOf(t)}T${clockOf(t)}Z`;
}

/** As `metav1.MicroTime`: `2026-11-22T13:21:48.000123Z`. */
export function formatMicroTime(micros: number): string {
  const t = toCivil(micros);
  return `${dateOf(t)}T${clockOf(t)}.${pad(t.microsecond, 6)}Z`;
}

/** As Go's RFC 3339 with fractions: trailing zeros of the fraction are left out. */
export function formatNanoTime(micros: number): string {
  const t = toCivil(micros);
  const fraction = pad(t.microsecond, 6).replace(/0+$/, '');
  return `${dateOf(t)}T${clockOf(t)}${fraction === '' ? '' : `.${fraction}`}Z`;
}

/** As `kubectl describe` prints times: `Sun, 22 Nov 2026 13:24:24 +0000`. */
export function formatRfc1123z(micros: number): string {
  const t = toCivil(micros);
  return `${weekdayName(micros)}, ${pad(t.day, 2)} ${MONTHS[t.month - 1]} ${pad(t.year, 4)} ${clockOf(t)} +0000`;
}

/** As an HTTP date: `Sun, 22 Nov 2026 13:24:24 GMT`. */
export function formatHttpDate(micros: number): string {
  return formatRfc1123z(micros).replace('+0000', 'GMT');
}

/** As klog's header: `1122 13:24:24.123456`. */
export function formatKlogTime(micros: number): string {
  const t = toCivil(micros);
  return `${pad(t.month, 2)}${pad(t.day, 2)} ${clockOf(t)}.${pad(t.microsecond, 6)}`;
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|([+-])(\d\d):(\d\d))$/;

/** Reads an RFC 3339 time; undefined when it is not one. */
export function parseTime(text: string): number | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const offsetHours = Number(match[10] ?? 0);
  const offsetMinutes = Number(match[11] ?? 0);
  if (offsetHours > 24 || offsetMinutes > 59) return undefined;
  const offset = (offsetHours * 60 + offsetMinutes) * (match[9] === '-' ? -1 : 1);
  const micros = Number((match[7] ?? '').slice(0, 6).padEnd(6, '0'));
  return daysFromCivil(year, month, day) * DAY + hour * HOUR + (minute - offset) * MINUTE + second * SECOND + micros;
}

export function toCivil(micros: number): CivilTime {
  const days = Math.floor(micros / DAY);
  const rest = micros - days * DAY;
  const { year, month, day } = civilFromDays(days);
  return {
    year,
    month,
    day,
    hour: Math.floor(rest / HOUR),
    minute: Math.floor(rest / MINUTE) % 60,
    second: Math.floor(rest / SECOND) % 60,
    microsecond: rest % SECOND,
    weekday: (((days + 4) % 7) + 7) % 7,
  };
}

/** Microseconds of a civil time, which may lie outside its month or day (it carries over, as Go's `time.Date`). */
export function fromCivil(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number {
  const months = year * 12 + (month - 1);
  const carriedYear = Math.floor(months / 12);
  const days = daysFromCivil(carriedYear, months - carriedYear * 12 + 1, 1) + day - 1;
  return days * DAY + hour * HOUR + minute * MINUTE + second * SECOND;
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** Days since 1970-01-01; eras of 400 years starting in March make leap days fall at the end of a year. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function civilFromDays(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
  };
}

function weekdayName(micros: number): string {
  const days = Math.floor(micros / DAY);
  return WEEKDAYS[((days % 7) + 7) % 7] ?? '';
}

function dateOf(t: CivilTime): string {
  return `${pad(t.year, 4)}-${pad(t.month, 2)}-${pad(t.day, 2)}`;
}

function clockOf(t: CivilTime): string {
  return `${pad(t.hour, 2)}:${pad(t.minute, 2)}:${pad(t.second, 2)}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
