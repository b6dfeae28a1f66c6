/**
 * The two roles of a program's database: the owner migrates, the running program reads and writes but can
 * neither change nor remove what the audit log holds. Rights are granted after every migration, so that a new
 * table needs no thought; tables named `audit_…` are append-only.
 */
import { AppError } from '../errors.ts';
import { type Database, type Queryable, withTransaction } from './database.ts';

/**
 * Grants the role `role` (it must exist) what a running program needs in the owner's database `db`, and takes
 * from it what it must not have. May be repeated. Throws AUDIT_NOT_PROTECTED if it is the owner itself.
 */
export async function grantProgramRole(db: Database, role: string): Promise<void> {
  await withTransaction(db, async ({ sql }) => {
    const [place] = await sql<{ name: string; drizzle: boolean; owner: boolean }[]>`
      SELECT current_database() AS name, to_regnamespace('drizzle') IS NOT NULL AS drizzle,
        current_user = ${role} AS owner`;
    if (place?.owner) throw notProtected('it is the owner');
    const to = sql(role);
    // One server may hold several provinces' databases.
    await sql`REVOKE ALL ON DATABASE ${sql(place?.name ?? '')} FROM PUBLIC`;
    await sql`GRANT CONNECT, TEMPORARY ON DATABASE ${sql(place?.name ?? '')} TO ${to}`;
    await sql`GRANT USAGE ON SCHEMA public TO ${to}`;
    await sql`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${to}`;
    await sql`GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ${to}`;
    await sql`GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO ${to}`;
    if (place?.drizzle) {
      await sql`GRANT USAGE ON SCHEMA drizzle TO ${to}`;
      await sql`GRANT SELECT ON ALL TABLES IN SCHEMA drizzle TO ${to}`;
    }
    for (const name of await auditTables({ sql })) {
      await sql`REVOKE ALL ON ${sql(name)} FROM ${to}`;
      await sql`GRANT SELECT ON ${sql(name)} TO ${to}`;
      // Of an entry the program says the text: not its number, and not in which transaction it was written.
      if (name === 'audit_records') await sql`GRANT INSERT (body) ON ${sql(name)} TO ${to}`;
      else await sql`GRANT INSERT ON ${sql(name)} TO ${to}`;
    }
  });
}

/**
 * Resolves if the role that `db` connects as can only add to the audit log. Throws FAILED_PRECONDITION
 * AUDIT_NOT_PROTECTED if it could change or remove entries, itself or by becoming the owner.
 */
export async function requireProtectedAudit(db: Pick<Queryable, 'sql'>): Promise<void> {
  const [open] = await db.sql<{ name: string }[]>`
    SELECT c.relname AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relname LIKE 'audit\\_%' AND c.relkind IN ('r', 'p')
      AND (has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')
        OR has_any_column_privilege(c.oid, 'UPDATE')
        OR pg_has_role(c.relowner, 'MEMBER') OR pg_has_role(n.nspowner, 'MEMBER'))
    LIMIT 1`;
  if (open) throw notProtected(`it may alter ${open.name}`);
}

function notProtected(why: string): AppError {
  const remedy = 'give the program a role of its own, and run `migrate` with OWNER_DATABASE_URL';
  const message = `the role of DATABASE_URL does not protect the audit log: ${why}; ${remedy}`;
  return new AppError('FAILED_PRECONDITION', 'AUDIT_NOT_PROTECTED', message);
}

async function auditTables({ sql }: Pick<Queryable, 'sql'>): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    SELECT relname AS name FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relname LIKE 'audit\\_%' AND relkind IN ('r', 'p')
    ORDER BY relname`;
  return rows.map(({ name }) => name);
}
