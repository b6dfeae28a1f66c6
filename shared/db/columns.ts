/**
 * Column types of the drizzle schemas that node and hub share.
 */
import { bigint, customType, timestamp } from 'drizzle-orm/pg-core';

/** A bytea as a Buffer. */
export const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' });

/** An int8 as a number; beyond 2^53 reading fails. */
export const int8 = (name: string) => bigint(name, { mode: 'number' });

/** An instant in whole seconds, as a Date. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 0 });

/** An instant in microseconds in the database, as a Date in milliseconds. */
export const preciseInstant = (name: string) => timestamp(name, { withTimezone: true });

/** The id of a transaction, as text. */
export const xid8 = customType<{ data: string; driverData: string }>({ dataType: () => 'xid8' });
