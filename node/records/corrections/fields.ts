/**
 * What a correction may say of a record: the fields of an import, read as there. Pure.
 */
import { readIdentifier } from '../../../shared/domain/identifier.ts';
import { readBirthday } from '../../../shared/domain/instant.ts';
import { faultIn, type Reading } from '../../../shared/domain/reading.ts';
import { type FieldError, invalidFields } from '../../../shared/errors.ts';
import { readProvince, readWard } from '../../../shared/gazetteer.ts';
import { readSex, textUpTo } from '../intake/columns.ts';
import { namesSeveralCccd, type RecordValue } from '../people/rules.ts';

type Field = 'name' | 'bornOn' | 'sex' | 'province' | 'ward' | 'address' | 'household';

/** Fields as they came; one that is absent stays, null erases. */
export type Correction = { readonly [field in Field]?: string | null | undefined } & {
  readonly identifiers?: readonly string[] | undefined;
};

type Changes = { -readonly [field in keyof RecordValue]?: RecordValue[field] };

const FIELDS: Readonly<Record<Field, [name: keyof RecordValue, read: (text: string) => Reading<string>]>> = {
  name: ['name', textUpTo(200)],
  bornOn: ['born_on', readBirthday],
  sex: ['sex', readSex],
  province: ['province', readProvince],
  ward: ['ward', readWard],
  address: ['address', textUpTo(500)],
  household: ['household', textUpTo(200)],
};

/** What a correction says of a record. Throws INVALID_FIELD naming every field that is none. */
export function readCorrection({ identifiers, ...fields }: Correction): Changes {
  const errors: FieldError[] = [];
  const changes: Record<string, unknown> = {};
  for (const [field, [name, read]] of Object.entries(FIELDS)) {
    const text = fields[field as Field];
    if (text === undefined) continue;
    const found: Reading<string | null> =
      text === null || text.trim() === '' ? { value: null } : read(text.trim());
    if (found.reason === undefined) changes[name] = found.value;
    else errors.push(faultIn(name, found));
  }
  if (identifiers) changes.identifiers = canonical(identifiers, errors);
  if (errors.length > 0) throw invalidFields(errors);
  return changes;
}

function canonical(texts: readonly string[], errors: FieldError[]): string[] {
  const found = texts.flatMap((text, index) => {
    const reading = readIdentifier(text);
    if (reading.reason === undefined) return reading.value;
    errors.push(faultIn(`identifiers[${index}]`, reading));
    return [];
  });
  const distinct = [...new Set(found)];
  if (namesSeveralCccd(distinct)) errors.push({ field: 'identifiers', reason: 'SEVERAL_CCCD' });
  return distinct;
}
