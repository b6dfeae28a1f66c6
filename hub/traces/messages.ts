/**
 * What the hub sends to nodes, encoded: warrants and questions once for all provinces, and deliveries, which
 * are also the hub's memory of assignments (and are decoded again after a restart).
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { AssignRequestSchema, TraceRequestSchema } from '../../shared/gen/truyvet/v1/tracing_pb.ts';
import { packUint32, unpackUint32 } from '../../shared/grpc/trace-messages.ts';
import type { AssignedContact } from '../../shared/trace/assignment.ts';
import type { KeyTable } from '../../shared/trace/key-table.ts';
import { PROTOCOL, type TraceQuestion } from '../../shared/trace/messages.ts';

/** An opening with its countersignature, as text. */
export interface SignedPair {
  readonly opening: string;
  readonly countersignature: string;
}

/** A TraceRequest that presents a warrant, and says which answers the hub reads. */
export function encodeWarrant({ opening, countersignature }: SignedPair): Uint8Array {
  const message = { case: 'warrant', value: { opening, countersignature } } as const;
  return toBinary(TraceRequestSchema, create(TraceRequestSchema, { message, protocol: PROTOCOL.records }));
}

/** A TraceRequest that asks a question. */
export function encodeRequest({ seq, who, met, metFrom, metUntil }: TraceQuestion): Uint8Array {
  const value = { seq, who, met, metFrom: packUint32(metFrom), metUntil: packUint32(metUntil) };
  return toBinary(TraceRequestSchema, create(TraceRequestSchema, { message: { case: 'question', value } }));
}

/** Contacts in one message: about 4 MiB. */
export const CONTACTS_PER_DELIVERY = 32_768;

/** What a delivery changes. */
export interface DeliveredChanges {
  readonly assigned: readonly AssignedContact[];
  readonly withdrawn: readonly AssignedContact[];
}

/** A delivery without its warrant, as stored; `keys` holds the pseudonyms of the contacts' identifiers. */
export function encodeDelivery(
  { traceId, seq, keys }: { traceId: string; seq: number; keys: Pick<KeyTable, 'keysOf'> },
  { assigned, withdrawn }: DeliveredChanges,
): Uint8Array {
  const rows = [...withdrawn, ...assigned];
  const gone = withdrawn.length;
  const column = (of: (c: AssignedContact) => number) =>
    packUint32(Uint32Array.from(rows, (c, i) => (i < gone ? 0 : of(c))));
  return toBinary(
    AssignRequestSchema,
    create(AssignRequestSchema, {
      traceId,
      seq,
      contacts: keys.keysOf(rows.map((c) => c.id)),
      withdrawn: Uint8Array.from(rows, (_, i) => (i < gone ? 1 : 0)),
      degree: Uint8Array.from(rows, (c, i) => (i < gone ? 0 : c.degree)),
      firstExposedAt: column((c) => c.firstExposedAt),
      lastExposedAt: column((c) => c.lastExposedAt),
      seconds: column((c) => c.seconds),
      settings: column((c) => c.settings),
      placeKinds: column((c) => c.placeKinds),
      exposedInCount: Uint8Array.from(rows, (c, i) => (i < gone ? 0 : c.exposedIn.length)),
      exposedIn: Uint8Array.from(assigned.flatMap((c) => c.exposedIn)),
      pseudonymCount: column((c) => c.identifiers.length),
      pseudonyms: keys.keysOf(assigned.flatMap((c) => c.identifiers)),
      alsoClaimed: Uint8Array.from(rows, (c, i) => (i < gone || !c.alsoClaimed ? 0 : 1)),
    }),
  );
}

/**
 * What a stored delivery to `province` assigns, and the ids that it withdraws. `number` numbers pseudonyms.
 */
export function decodeDelivery(
  body: Uint8Array,
  province: number,
  number: (pseudonyms: Uint8Array) => Int32Array,
): { assigned: AssignedContact[]; withdrawn: number[] } {
  const wire = fromBinary(AssignRequestSchema, body);
  const ids = number(wire.contacts);
  const identifiers = number(wire.pseudonyms);
  const columns = {
    first: unpackUint32(wire.firstExposedAt, 'first_exposed_at'),
    last: unpackUint32(wire.lastExposedAt, 'last_exposed_at'),
    seconds: unpackUint32(wire.seconds, 'seconds'),
    settings: unpackUint32(wire.settings, 'settings'),
    placeKinds: unpackUint32(wire.placeKinds, 'place_kinds'),
    pseudonymCount: unpackUint32(wire.pseudonymCount, 'pseudonym_count'),
  };
  const assigned: AssignedContact[] = [];
  const withdrawn: number[] = [];
  let exposedAt = 0;
  let identifierAt = 0;
  for (const [i, id] of ids.entries()) {
    if (wire.withdrawn[i]) {
      withdrawn.push(id);
      continue;
    }
    const exposedUntil = exposedAt + (wire.exposedInCount[i] as number);
    const identifierUntil = identifierAt + (columns.pseudonymCount[i] as number);
    assigned.push({
      id,
      province,
      degree: wire.degree[i] as number,
      firstExposedAt: columns.first[i] as number,
      lastExposedAt: columns.last[i] as number,
      seconds: columns.seconds[i] as number,
      settings: columns.settings[i] as number,
      placeKinds: columns.placeKinds[i] as number,
      exposedIn: [...wire.exposedIn.subarray(exposedAt, exposedUntil)],
      identifiers: [...identifiers.subarray(identifierAt, identifierUntil)].sort((a, b) => a - b),
      // Of earlier hubs it is empty.
      alsoClaimed: wire.alsoClaimed[i] === 1,
    });
    exposedAt = exposedUntil;
    identifierAt = identifierUntil;
  }
  return { assigned, withdrawn };
}

/** A stored delivery with a warrant in front: encoded messages merge when they are joined. */
export function withWarrant(body: Uint8Array, warrant: SignedPair): Uint8Array {
  const head = toBinary(
    AssignRequestSchema,
    create(AssignRequestSchema, {
      warrant: { opening: warrant.opening, countersignature: warrant.countersignature },
    }),
  );
  return Buffer.concat([head, body]);
}
