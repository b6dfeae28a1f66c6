/**
 * The table `provinces`: what each node has said of itself last.
 */
import type { Queryable } from '../../shared/db/database.ts';

/** A province's last report; instants in epoch seconds, null = never or unknown. */
export interface ProvinceReport {
  readonly province: string;
  readonly protocol: number;
  readonly reportedAt: number | null;
  readonly dataAt: number | null;
}

/** All reports, by province; at most one a province of Vietnam. */
export function listReports(db: Queryable): Promise<ProvinceReport[]> {
  return db.sql<ProvinceReport[]>`
    SELECT province, protocol, extract(epoch FROM reported_at)::bigint AS "reportedAt",
      extract(epoch FROM data_at)::bigint AS "dataAt"
    FROM provinces ORDER BY province LIMIT 100`;
}
