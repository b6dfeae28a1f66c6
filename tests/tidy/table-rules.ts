/**
 * Whose tables are whose, as data: table-checks.ts reads the SQL and compares. A table is written by its
 * owner alone; whoever else reads it in SQL of its own says why here, because it breaks when the owner's
 * table changes, and an operation of the owner would not.
 */

/**
 * A table belongs to the folder that describes it for drizzle (`tables.ts`, or the head of its `queries.ts`).
 * Those that are partitioned, and hand-written SQL only, are not described: folder → tables.
 */
export const UNDESCRIBED_TABLES: Readonly<Record<string, readonly string[]>> = {
  'shared/feed': ['feed'],
  'node/records/intake': ['check_ins', 'encounters'],
};

export interface TableReader {
  readonly reader: string;
  readonly tables: readonly string[];
  readonly why: string;
}

/** Who reads tables of others in SQL of its own. */
export const TABLE_READERS: readonly TableReader[] = [
  {
    reader: 'shared/acts',
    tables: ['audit_records'],
    why: 'who changed what meanwhile is asked in the transaction that holds the row',
  },
  {
    reader: 'node/records/people',
    tables: [
      ...['check_ins', 'encounters', 'case_identifiers', 'superseded_case_identifiers', 'contacts'],
      'follow_up_identifiers',
    ],
    why: 'that nothing names an identifier any more is seen in the transaction that erases it',
  },
  {
    reader: 'node/tracing/asking',
    tables: ['identifiers', 'records', 'record_identifiers'],
    why: 'its memory of identifiers and records is filled from all of them at once, as columns',
  },
  {
    reader: 'node/tracing/asking',
    tables: ['check_ins', 'encounters', 'places'],
    why: 'an answer is one statement of one plan: it is what a trace waits for',
  },
  {
    reader: 'node/tracing/asking',
    tables: ['traces'],
    why: 'the cut of a report needs the traces of the same snapshot',
  },
  {
    reader: 'node/tracing/openings',
    tables: ['cases', 'case_identifiers'],
    why: 'which cases a trace starts from is decided in the transaction that opens it',
  },
  {
    reader: 'node/tracing/openings',
    tables: ['contacts', 'openings'],
    why: 'whose contacts lie in the area of a caller is a condition of the list, or pages would have holes',
  },
  {
    reader: 'node/tracing/contacts',
    tables: ['records', 'record_identifiers'],
    why: 'a delivery of thousands of contacts is filed by the wards of its persons in one statement',
  },
  {
    reader: 'node/tracing/contacts',
    tables: ['openings'],
    why: 'which way a trace looks stands in its opening, and all that stand are told of in one look',
  },
  {
    reader: 'node/casework/follow-ups',
    tables: ['records', 'record_identifiers'],
    why: 'work moves to the desk where records say that a person lives, in one statement for all who moved',
  },
  {
    reader: 'node/federation/budgets',
    tables: ['asked_counts'],
    why: 'what is used stands beside what is allowed, in one look',
  },
  {
    reader: 'node/federation/keys',
    tables: ['openings', 'traces'],
    why: 'a generation is forgotten only when no opening names it, in one look',
  },
  {
    reader: 'hub/key-service',
    tables: ['traces'],
    why: 'a key is retired only when no open trace names its generation, in one look',
  },
  {
    reader: 'hub/audit',
    tables: ['questions', 'answers'],
    why: 'the log is held against the tables themselves, not against what an operation makes of them',
  },
  {
    reader: 'hub/provinces',
    tables: ['provinces'],
    why: 'the list of provinces shows what each has reported',
  },
];

export const TABLE_WHY = {
  write: 'a table has one owner: two that write it must be read together to know what is in it',
  read: 'use an operation of the owner, or say in table-rules.ts why not',
  owner: 'every table is somebody’s: describe it in the tables.ts of the feature that writes it',
  idle: 'what is said of tables that nobody reads or writes makes the next line look true',
};
