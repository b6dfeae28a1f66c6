/**
 * A room: one feature as a program's list in rooms.ts names it. From that list come the routes, the table of
 * acts, the kinds of the feed, the documentation of access and the tests of all three.
 */
import { strict as assert } from 'node:assert/strict';
import type { ActRow, ActTable, Role } from '../acts/access.ts';
import { AUDIT_ACTIONS } from '../audit/actions.ts';
import type { AnyKind } from '../feed/kinds.ts';
import type { Routes } from './route.ts';

export interface Room<P> {
  readonly acts: ActTable;
  /** Its routes, given what its operations ask for. */
  readonly routes: (parts: P) => Routes;
  /** What it tells through the feed. */
  readonly kinds?: readonly AnyKind[];
}

/** What all rooms of a list ask for together. */
export type PartsOf<R extends readonly Room<never>[]> = R[number]['routes'] extends (parts: infer P) => Routes
  ? P
  : never;

/** Routes whose operations ask for one of the parts alone. */
export function inside<K extends string, C>(part: K, routes: (ctx: C) => Routes) {
  return (parts: { readonly [P in K]: C }): Routes => routes(parts[part]);
}

/** The routes of every room. */
export function routesOf<P>(rooms: readonly Room<P>[], parts: P): Routes[] {
  return rooms.map(({ routes }) => routes(parts));
}

/** The acts of all rooms, for the roles that the program knows; frozen. Asserts that no two name one act. */
export function actsOfRooms(rooms: readonly Room<never>[], roles: readonly Role[]): ActTable {
  const entries = rooms.flatMap(({ acts }) => Object.entries<ActRow>(acts));
  const table = Object.fromEntries(
    entries.map(([name, row]) => {
      const known = Object.freeze(row.roles.filter((role) => roles.includes(role)));
      return [name, Object.freeze({ ...row, roles: known })];
    }),
  );
  assert(Object.keys(table).length === entries.length, 'two rooms name one act');
  return Object.freeze(table);
}

/** The kinds of events of all rooms. Asserts that no two rooms have one name for what they tell. */
export function kindsOfRooms(rooms: readonly Room<never>[]): readonly AnyKind[] {
  const kinds = rooms.flatMap((room) => room.kinds ?? []);
  assert(new Set(kinds.map(({ name }) => name)).size === kinds.length, 'two rooms name one kind of event');
  return Object.freeze(kinds);
}

/** Every word that the audit log of a program with these acts can hold, sorted. */
export function auditWords(acts: ActTable): [string, ...string[]] {
  const words = Object.values(acts).flatMap(({ audit }) => audit ?? []);
  const [first, ...rest] = [...new Set([...AUDIT_ACTIONS, ...words])].sort();
  return [first as string, ...rest];
}
