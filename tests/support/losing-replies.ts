/**
 * A database whose answers to COMMIT are lost after it has done what it was asked: what was changed stands,
 * and whoever changed it hears that it failed.
 */
import type { Database } from '../../shared/db/database.ts';
import { AppError } from '../../shared/errors.ts';

/** `db`, of which the answer to the next `lost.commits` commits never comes. */
export function losing(db: Database, lost: { commits: number }): Database {
  const sql = new Proxy(db.sql, {
    get: (target, name) =>
      name !== 'begin'
        ? Reflect.get(target, name)
        : async (...args: [never]) => {
            const done = await target.begin(...args);
            if (lost.commits-- <= 0) return done;
            throw new AppError('UNAVAILABLE', 'DATABASE_UNAVAILABLE', 'lost after COMMIT');
          },
  });
  return { ...db, sql };
}
