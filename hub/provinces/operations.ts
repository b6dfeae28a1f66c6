/**
 * The enrolled provinces: whether each can be reached, and what it has reported.
 */
import { type Caller, decide } from '../../shared/auth/access.ts';
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import type { Database } from '../../shared/db/database.ts';
import { provinceName } from '../../shared/gazetteer.ts';
import type { ProvinceLink } from './province-link.ts';
import { listReports } from './queries.ts';

export interface ProvincesContext {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly links: readonly Pick<ProvinceLink, 'province' | 'state'>[];
}

/** One enrolled province; instants in epoch seconds, null = never or unknown. */
export interface EnrolledProvince {
  readonly province: string;
  readonly name: string;
  readonly state: ProvinceLink['state'];
  /** Version of the wire that its node speaks; null = unknown. */
  readonly protocol: number | null;
  readonly reportedAt: number | null;
  readonly dataAt: number | null;
}

/** All enrolled provinces, by code. No person is in it: leaves no entry. */
export async function listProvinces(ctx: ProvincesContext, caller: Caller): Promise<EnrolledProvince[]> {
  decide(caller, 'hub.provinces.read', nowSeconds(ctx.clock));
  const reports = new Map((await listReports(ctx.db)).map((report) => [report.province, report]));
  const enrolled = ctx.links.map(({ province, state }) => {
    const { protocol = null, reportedAt = null, dataAt = null } = reports.get(province) ?? {};
    return { province, name: provinceName(province) ?? province, state, protocol, reportedAt, dataAt };
  });
  return enrolled.sort((a, b) => (a.province < b.province ? -1 : 1));
}
