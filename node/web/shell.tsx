/**
 * What is around every page: the name of the area, the menu of what this person may do, language, theme, and
 * whether the program can be reached.
 */
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { type PlainWord, useReading } from '../../shared/web/language.tsx';
import { useOnline } from '../../shared/web/online.ts';
import { forgetSeen } from '../../shared/web/store.ts';
import { type Session, useSession } from './session.tsx';
import { useWriting } from './writing.tsx';

interface Section {
  readonly path: string;
  readonly word: PlainWord;
  /** The act that its page begins with: who may not do it does not see it. */
  readonly act: string;
}

export const SECTIONS: readonly Section[] = [
  { path: '/work', word: 'work', act: 'tasks.list' },
  { path: '/cases', word: 'cases', act: 'cases.list' },
  { path: '/traces', word: 'traces', act: 'traces.list' },
];

export function Shell({ children }: { readonly children: ReactNode }) {
  const { t, language, setLanguage, toggleTheme } = useReading();
  const session = useSession();
  const online = useOnline();
  const sections = SECTIONS.filter(({ act }) => session.may(act));
  return (
    <div className="shell">
      <a className="skip" href="#content">
        {t('skip')}
      </a>
      <header className="top">
        <div>
          <strong>{t('brand')}</strong>
          <p className="small muted">{areaText(session, t('provinceWhole'))}</p>
        </div>
        <div className="row">
          <button
            type="button"
            className="button plain"
            lang={language === 'vi' ? 'en' : 'vi'}
            onClick={() => setLanguage(language === 'vi' ? 'en' : 'vi')}
          >
            {t('language')}
          </button>
          <button type="button" className="button plain" aria-label={t('theme')} onClick={toggleTheme}>
            <span aria-hidden="true">◐</span>
          </button>
        </div>
      </header>
      <nav className="menu" aria-label={t('navigation')}>
        {sections.map((section) => (
          <MenuLink key={section.path} {...section} />
        ))}
        <SignOut />
      </nav>
      <main id="content" className="page" tabIndex={-1}>
        {!online && (
          <p className="note warn" role="status">
            {t('offline')}
          </p>
        )}
        {sections.length === 0 ? <p>{t('nothingAllowed')}</p> : children}
      </main>
    </div>
  );
}

function MenuLink({ path, word }: Section) {
  const { t } = useReading();
  const [location] = useLocation();
  const current = location === path || location.startsWith(`${path}/`);
  return (
    <Link href={path} className="menu-link" aria-current={current ? 'page' : undefined}>
      {t(word)}
    </Link>
  );
}

function SignOut() {
  const { t } = useReading();
  const client = useQueryClient();
  const { waiting, send } = useWriting();
  const leave = async () => {
    await send().catch(() => undefined);
    const count = waiting.length;
    if (count > 0 && !confirm(t('leaveWaiting', { count }))) return;
    const response = await fetch('/auth/logout', { method: 'POST' });
    const { end_session_url: end } = (await response.json()) as { end_session_url: string | null };
    await client.cancelQueries();
    await forgetSeen();
    location.assign(end ?? '/');
  };
  // Without the program nobody is signed out: what was seen stays with whoever is.
  const failed = () => alert(t('unreachable'));
  return (
    <button type="button" className="menu-link" onClick={() => void leave().catch(failed)}>
      {t('signOut')}
    </button>
  );
}

/** `Phường Bắc Lý, Xã Nếnh · Bắc Giang`: where the grants of this person reach. */
function areaText({ me, areas, wardName }: Session, whole: string): string {
  const own = [...new Set(me.grants.map(({ area }) => area ?? ''))];
  const names = own.some((area) => area.length === 2) ? [whole] : own.map(wardName);
  return [names.join(', '), areas.province?.name].filter(Boolean).join(' · ');
}

/** Sets the title of the page and, on arriving, puts the focus on its heading. */
export function usePage(title: string): React.RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Truy Vết`;
  }, [title]);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return heading;
}
