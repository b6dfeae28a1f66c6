/**
 * SQL over what standing records say of who somebody is. By hand, as in queries.ts.
 */
import { refusedValue } from '../../sealing/sealer.ts';
import type { SealedDb } from './queries.ts';
import type { RecordRow } from './record-queries.ts';
import { openPerson, type Sealed } from './sealed-person.ts';

/** What standing records say of who somebody is, each by an identifier that it names. */
export interface Saying {
  readonly identifierId: number;
  readonly recordId: number;
  readonly source: number;
  readonly at: number;
  readonly ward: string | null;
  /** All that the record names. */
  readonly named: readonly number[];
  readonly person: Sealed;
}

/** What the standing records that name these identifiers say. */
export async function listSayings(
  { sql, sealer }: SealedDb,
  identifierIds: readonly number[],
): Promise<Saying[]> {
  const rows = await sql<
    (Pick<RecordRow, 'id' | 'source' | 'at' | 'ward' | 'identifier_ids' | 'person_sealed'> & {
      identifier_id: number;
    })[]
  >`
    SELECT n.identifier_id, r.id, r.source, r.at, r.ward, r.identifier_ids, r.person_sealed
    FROM record_identifiers n
      CROSS JOIN LATERAL (SELECT * FROM records WHERE id = n.record_id OFFSET 0) r
    WHERE n.identifier_id = ANY (${[...identifierIds]}::int[]) AND r.retracted_at IS NULL
      AND r.waits_for IS NULL`;
  // What finds a record is not sealed: the record must name who it was found by.
  if (rows.some((row) => !row.identifier_ids.includes(row.identifier_id)))
    throw refusedValue('records.person');
  return rows.map(({ identifier_id: identifierId, id: recordId, source, at, ward, ...row }) => ({
    ...{ identifierId, recordId, source, at, ward, named: row.identifier_ids },
    person: openPerson(sealer.openOptional('records.person', recordId, row.person_sealed), {
      identifierIds: row.identifier_ids,
      ward,
    }),
  }));
}
