/**
 * Which page an address is.
 */
import { Redirect, Route, Switch } from 'wouter';
import { useReading } from '../../shared/web/language.tsx';
import { CasePage } from './cases/case-page.tsx';
import { CasesPage } from './cases/cases-page.tsx';
import { NewCasePage } from './cases/new-case-page.tsx';
import { useSession } from './session.tsx';
import { SECTIONS } from './shell.tsx';
import { TracePage } from './traces/trace-page.tsx';
import { TracesPage } from './traces/traces-page.tsx';
import { WorkPage } from './work/work-page.tsx';

export function Pages() {
  const { t } = useReading();
  const session = useSession();
  const home = SECTIONS.find(({ act }) => session.may(act))?.path ?? '/me';
  return (
    <Switch>
      <Route path="/">
        <Redirect to={home} replace />
      </Route>
      <Route path="/work" component={WorkPage} />
      <Route path="/cases" component={CasesPage} />
      <Route path="/cases/new" component={NewCasePage} />
      <Route path="/cases/:id">{({ id }) => <CasePage key={id} id={id} />}</Route>
      <Route path="/traces" component={TracesPage} />
      <Route path="/traces/:id">{({ id }) => <TracePage key={id} id={id} />}</Route>
      <Route>
        <h1>{t('noSuchPage')}</h1>
      </Route>
    </Switch>
  );
}
