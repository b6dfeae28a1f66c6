/**
 * The named baseline: a whole trace (forward, one index person) as one hand-tuned SQL statement over
 * merged-tables.ts. An independent reading of README.md (What a trace is, exactly): it shares nothing with
 * shared/trace but the rule pack's numbers. Who is one person it looks up (merged-tables.ts).
 */
import { assumedStays, daysToSeconds, type RulePack, weights } from '../../shared/domain/rule-pack.ts';

export interface MergedQuestion {
  /** 16 bytes of the index person's token. */
  readonly token: Uint8Array;
  /** The index person's window. */
  readonly from: number;
  readonly until: number;
  readonly maxDegree: number;
  readonly rules: RulePack;
}

/**
 * Columns: degree, person, first, last, seconds, settings, place kinds, exposed-in (3 times 21 bits),
 * province.
 */
export function mergedTraceSql(question: MergedQuestion): string {
  const { token, from, until, rules, maxDegree } = question;
  const ctes = [
    `index_person (person, from_at, until_at) AS MATERIALIZED (
      SELECT person_id, ${from}::bigint, ${until}::bigint
      FROM identifiers WHERE token = '\\x${Buffer.from(token).toString('hex')}')`,
    ...eventCtes('event1', 'index_person', rules),
    ...meetings('event1', 'meeting1', rules),
  ];
  if (maxDegree > 1) {
    ctes.push(
      // A label's window; one that is empty asks nothing.
      `source2 AS MATERIALIZED (SELECT person, first_at + ${daysToSeconds(rules.latent_days)} AS from_at,
        ${until}::bigint AS until_at
        FROM meeting1 WHERE first_at + ${daysToSeconds(rules.latent_days)} < ${until})`,
      ...eventCtes('event2', 'source2', rules),
      ...meetings('event2', 'meeting2', rules),
    );
  }
  return `WITH ${ctes.join(',\n')}
    SELECT c.degree, c.person, c.first_at, c.last_at, c.seconds, c.settings, c.kinds,
      (c.provinces & 2097151)::int, ((c.provinces >> 21) & 2097151)::int, (c.provinces >> 42)::int,
      p.province::int
    FROM (${contactsSql(maxDegree)}) c JOIN persons p ON p.id = c.person`;
}

/**
 * CTEs with the contact events of the persons of `source` in their windows; the index person is never the
 * other one. Own stays come first and alone, so that what depends on the kind of place is looked up once a
 * stay and not once a pair.
 */
function eventCtes(name: string, source: string, rules: RulePack): string[] {
  const longest = rules.longest_stay_seconds;
  const ofKind = (values: ArrayLike<number>) => `('{${Array.from(values).join(',')}}'::int[])[k.kind + 1]`;
  const end = (stay: string, assumed: string) => `least(${stay}.in_at + ${longest},
      coalesce(${stay}.out_at, least(${stay}.in_at + ${assumed}, ${stay}.next_in_at)))`;
  const others = 'NOT IN (s.person, (SELECT person FROM index_person))';
  const encounters = (own: string, other: string) => `
    SELECT s.person, oi.person_id, greatest(e.from_at, s.from_at), least(e.until_at, s.until_at), 254,
      e.province::int, 100
    FROM ${source} s JOIN identifiers i ON i.person_id = s.person
    JOIN encounters e ON e.${own} = i.id AND e.from_at < s.until_at AND e.until_at > s.from_at
    JOIN identifiers oi ON oi.id = e.${other} WHERE oi.person_id ${others}`;
  return [
    `${name}_stays AS MATERIALIZED (SELECT s.person, m.place_id, greatest(m.in_at, s.from_at) AS from_at,
        least(${end('m', 'r.assumed')}, s.until_at) AS until_at, k.kind::int AS kind,
        k.province::int AS province, r.assumed, ${ofKind(weights(rules).subarray(0, 31))} AS weight
      FROM ${source} s JOIN identifiers i ON i.person_id = s.person
      JOIN stays m ON m.identifier_id = i.id AND m.in_at < s.until_at AND m.in_at > s.from_at - ${longest}
      JOIN places k ON k.id = m.place_id
      CROSS JOIN LATERAL (SELECT ${ofKind(assumedStays(rules))} AS assumed) r)`,
    `${name} AS MATERIALIZED (SELECT s.person AS source, oi.person_id AS person,
        greatest(o.in_at, s.from_at) AS from_at, least(${end('o', 's.assumed')}, s.until_at) AS until_at,
        s.kind, s.province, s.weight
      FROM ${name}_stays s
      JOIN stays o ON o.place_id = s.place_id AND o.in_at < s.until_at AND o.in_at > s.from_at - ${longest}
      JOIN identifiers oi ON oi.id = o.identifier_id
      WHERE s.from_at < s.until_at AND ${end('o', 's.assumed')} > greatest(o.in_at, s.from_at)
        AND oi.person_id ${others}
      UNION ALL ${encounters('identifier_a', 'identifier_b')}
      UNION ALL ${encounters('identifier_b', 'identifier_a')}
      UNION ALL SELECT s.person, h.id, s.from_at, s.until_at, 255, q.province::int, 0
      FROM ${source} s JOIN persons q ON q.id = s.person JOIN persons h ON h.household = q.household
      WHERE h.id ${others})`,
  ];
}

/**
 * CTEs that make close contacts of events. Most pairs have one event, or several that do not overlap: adding
 * up is enough. Only pairs with overlapping events are swept instant by instant (the strongest event counts).
 * A household lasts as long as the window and adds no seconds: it has no part in the sweep.
 */
function meetings(events: string, name: string, rules: RulePack): string[] {
  return [
    `${name}_all AS MATERIALIZED (SELECT source, person, count(*) FILTER (WHERE kind < 255) AS events,
      min(from_at) AS first_at, max(until_at) AS last_at,
      sum((until_at - from_at)::int * weight) / 100 AS seconds, bool_or(kind = 255) AS housemate,
      bit_or(CASE kind WHEN 254 THEN 2 WHEN 255 THEN 4 ELSE 1 END) AS settings,
      bit_or(CASE WHEN kind < 254 THEN 1 << (kind - 1) ELSE 0 END) AS kinds,
      bit_or(1::bigint << province) AS provinces
      FROM ${events} GROUP BY source, person)`,
    `${name}_repeated AS MATERIALIZED (SELECT source, person, from_at, until_at, weight, max(until_at) OVER (
        PARTITION BY source, person ORDER BY from_at
          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) > from_at AS lapped
      FROM ${events} JOIN (SELECT source, person FROM ${name}_all WHERE events > 1) r
        USING (source, person) WHERE kind < 255)`,
    `${name}_lapped AS MATERIALIZED (SELECT * FROM (SELECT source, person, from_at, until_at, weight,
      bool_or(lapped) OVER (PARTITION BY source, person) AS any_lapped
      FROM ${name}_repeated) x WHERE any_lapped)`,
    `${name}_edges AS (
      SELECT source, person, at, lead(at) OVER (PARTITION BY source, person ORDER BY at) AS next
      FROM (SELECT source, person, from_at AS at FROM ${name}_lapped
        UNION SELECT source, person, until_at FROM ${name}_lapped) x)`,
    `${name}_strongest AS MATERIALIZED (SELECT source, person, sum(part) / 100 AS seconds FROM (
        SELECT source, person, (next - at)::int * max(weight) AS part
        FROM ${name}_edges JOIN ${name}_lapped l USING (source, person)
        WHERE l.from_at <= at AND l.until_at >= next
        GROUP BY source, person, at, next) x GROUP BY source, person)`,
    `${name} AS MATERIALIZED (SELECT source, person, a.first_at, a.last_at,
        coalesce(s.seconds, a.seconds) AS seconds, a.settings, a.kinds, a.provinces
      FROM ${name}_all a LEFT JOIN ${name}_strongest s USING (source, person)
      WHERE coalesce(s.seconds, a.seconds) >= ${rules.close_contact_seconds} OR a.housemate)`,
  ];
}

function contactsSql(maxDegree: number): string {
  const first = `SELECT 1 AS degree, person, first_at, last_at, seconds, settings, kinds, provinces
    FROM meeting1`;
  if (maxDegree === 1) return first;
  return `${first} UNION ALL SELECT 2, person, min(first_at), max(last_at), sum(seconds)::bigint,
      bit_or(settings), bit_or(kinds), bit_or(provinces)
    FROM meeting2 m WHERE NOT EXISTS (SELECT FROM meeting1 f WHERE f.person = m.person) GROUP BY person`;
}
