/**
 * Column types of the drizzle schemas that node and hub share.
 */
import { bigint, customType, type ExtraConfigColumn } from 'drizzle-orm/pg-core';

/** A bytea as a Buffer. */
export const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' });

/** An int8 as a number; beyond 2^53 reading fails. */
export const int8 = () => bigint({ mode: 'number' });

/** An instant in whole seconds, as epoch seconds: what the domain counts in. */
export const instant = customType<{ data: number; driverData: string }>({
  dataType: () => 'timestamp(0) with time zone',
  fromDriver: (text) => epochMsOf(text) / 1000,
  toDriver: (seconds) => new Date(seconds * 1000).toISOString(),
});

/** An instant in microseconds in the database, as epoch milliseconds; fractions are cut off. */
export const preciseInstant = customType<{ data: number; driverData: string }>({
  dataType: () => 'timestamp with time zone',
  fromDriver: epochMsOf,
  toDriver: (ms) => new Date(ms).toISOString(),
});

/** Of `2021-12-29 00:00:00.123456+00`: connections are in UTC. */
function epochMsOf(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}:00`);
}

/** The id of a transaction, as text. */
export const xid8 = customType<{ data: string; driverData: string }>({ dataType: () => 'xid8' });

/** A column of an index that is read downwards, as PostgreSQL's DESC has it. */
export const newestFirst = (column: ExtraConfigColumn) => column.desc().nullsFirst();
