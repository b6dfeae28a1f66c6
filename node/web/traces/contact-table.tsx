/**
 * The contacts of a trace that this province is responsible for, as far as the reader's area reaches.
 */
import { called, PLACE_KIND_WORDS, SETTING_WORDS } from '../../../shared/i18n/words.ts';
import { DegreeMark } from '../../../shared/web/components/degree-mark.tsx';
import { identifierText, shortInstant, spanText } from '../../../shared/web/format.ts';
import { useReading } from '../../../shared/web/language.tsx';
import { useSession } from '../session.tsx';
import type { Contact } from './watch.ts';

export interface ContactTableProps {
  readonly trace: string;
  readonly contacts: readonly Contact[];
  readonly more: boolean;
}

/** The first of them: the whole list is a page of its own and a file. */
const SHOWN = 100;

export function ContactTable({ trace, contacts, more }: ContactTableProps) {
  const { t } = useReading();
  const { may } = useSession();
  const hidden = contacts.length - SHOWN;
  return (
    <div className="stack">
      <div className="row between">
        <h3>
          {t('contactsHere')} · {contacts.length}
          {more && '+'}
        </h3>
        {may('contacts.export') && contacts.length > 0 && (
          <a className="button" href={`/v1/traces/${trace}/contacts.csv`} download>
            {t('exportFile')}
          </a>
        )}
      </div>
      {contacts.length === 0 && <p className="muted">{t('noContacts')}</p>}
      {contacts.length > 0 && (
        <ul className="list">
          {contacts.slice(0, SHOWN).map((contact) => (
            <li key={contact.id}>
              <ContactRow contact={contact} />
            </li>
          ))}
        </ul>
      )}
      {hidden > 0 && <p className="muted">{t('moreInFile', { count: hidden })}</p>}
    </div>
  );
}

function ContactRow({ contact }: { readonly contact: Contact }) {
  const { t, language } = useReading();
  const { wardName, provinceName } = useSession();
  const kinds = contact.place_kinds.map((kind) => called(PLACE_KIND_WORDS, kind, language));
  return (
    <div className="list-row">
      <span className="row between">
        <strong>{contact.name ?? t(contact.shared_handle ? 'sharedPhone' : 'noName')}</strong>
        <DegreeMark degree={contact.degree} />
      </span>
      <span>{contact.identifiers.map(identifierText).join(' · ')}</span>
      <span className="small muted">
        {contact.ward ? wardName(contact.ward) : t('noWard')} · {t('lastExposed')}{' '}
        {shortInstant(contact.last_exposed_at)}
        {contact.seconds > 0 && ` · ${spanText(contact.seconds, language)}`}
        {contact.settings.includes('household') && ` · ${called(SETTING_WORDS, 'household', language)}`}
        {kinds.length > 0 && ` · ${kinds.join(', ')}`} · {contact.exposed_in.map(provinceName).join(', ')}
      </span>
    </div>
  );
}
