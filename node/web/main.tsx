/**
 * The console of a node: puts the pages together and shows them.
 */
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ReadingProvider } from '../../shared/web/language.tsx';
import { Problem } from '../../shared/web/problem.ts';
import './console.css';
import { Pages } from './pages.tsx';
import { SessionProvider } from './session.tsx';
import { Shell } from './shell.tsx';
import { WritingProvider } from './writing.tsx';

/** What was refused is refused again; what nobody answered may be answered the next time. */
const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    // Whose session has ended is asked to sign in, on whatever page.
    onError: (error, { queryKey }) => {
      if (queryKey[0] !== 'me' && error instanceof Problem && error.status === 401)
        void client.invalidateQueries({ queryKey: ['me'] });
    },
  }),
  defaultOptions: {
    queries: {
      // A browser that thinks that it is offline may still reach a program on its own machine.
      networkMode: 'offlineFirst',
      retry: (count, error) => count < 2 && !(error instanceof Problem && error.status < 500),
    },
    mutations: { networkMode: 'offlineFirst' },
  },
});

if ('serviceWorker' in navigator) void navigator.serviceWorker.register('/sw.js');

const root = document.getElementById('root');
if (!root) throw new Error('the page has no #root');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <ReadingProvider>
        <SessionProvider>
          <WritingProvider>
            <Shell>
              <Pages />
            </Shell>
          </WritingProvider>
        </SessionProvider>
      </ReadingProvider>
    </QueryClientProvider>
  </StrictMode>,
);
