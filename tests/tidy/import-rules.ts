/**
 * Who may import whom, as data: the checks in import-checks.ts only read it. Every rule says why it exists,
 * because that is what the person reads whose import is refused. Patterns are those of glob.ts.
 */

/** Files in `from` (but not in `except`) must not import targets in `to` (but not in `toExcept`). */
export interface ImportRule {
  readonly name: string;
  readonly why: string;
  readonly from: readonly string[];
  readonly except?: readonly string[];
  readonly to: readonly string[];
  readonly toExcept?: readonly string[];
}

/** Tests stand outside the house: they may open every door. */
export const TESTS = ['tests/**', '**/*.test.ts'];

export const IMPORT_RULES: readonly ImportRule[] = [
  {
    name: 'node imports hub',
    why: 'node and hub are run by different people on different machines; they meet in proto and shared',
    from: ['node/**'],
    to: ['hub/**'],
  },
  {
    name: 'hub imports node',
    why: 'what a province holds is out of the reach of the hub, even as code; they meet in proto and shared',
    from: ['hub/**'],
    to: ['node/**'],
  },
  {
    name: 'shared imports a program',
    why: 'shared serves node and hub alike and knows neither',
    from: ['shared/**'],
    except: TESTS,
    to: ['{node,hub,deploy,tests}/**'],
  },
  {
    name: 'a program imports wiring or tests',
    why: 'deploy and tests are built upon the programs, which must be installable without them',
    from: ['{node,hub}/**'],
    except: TESTS,
    to: ['{deploy,tests}/**'],
  },
  {
    name: 'the trace leaves its room',
    why: 'epidemiology is read, proved and replayed alone: no I/O, clock, protobuf, drizzle or logger',
    from: ['shared/{domain,trace}/**'],
    except: TESTS,
    to: ['**'],
    toExcept: ['shared/{domain,trace}/**', 'shared/errors.ts'],
  },
  {
    name: 'the catalogue leaves its room',
    why: 'programs and consoles show the same texts: what loads them must not load a program',
    from: ['shared/i18n/**'],
    except: TESTS,
    to: ['**'],
    toExcept: ['shared/i18n/**', 'shared/domain/place-kind.ts'],
  },
  {
    name: 'a rule does something',
    why: 'rules are pure: what acts cannot be tested with a table, nor reasoned about without a machine',
    from: ['{node,hub}/**/rules.ts'],
    to: ['**'],
    toExcept: ['shared/{domain,trace}/**', 'shared/errors.ts', '**/rules.ts'],
  },
  {
    name: 'the console leaves its room',
    why: 'what runs in a browser is public and small: of a program it has the API alone, and its types',
    from: ['**/web/**'],
    except: [...TESTS, 'deploy/web/**'],
    to: ['{shared,node,hub,deploy,tests}/**', 'node:*'],
    toExcept: ['shared/{web,domain,i18n}/**', 'shared/errors.ts', '{node,hub}/web/**'],
  },
  {
    name: 'a program imports the console',
    why: 'programs serve the built files; what is in them is for browsers',
    from: ['{shared,node,hub,deploy}/**'],
    except: [...TESTS, '**/web/**'],
    to: ['{shared,node,hub}/web/**'],
  },
  {
    name: 'protobuf inside',
    why: 'the contract grows and the vocabulary does not: messages become domain types where they enter',
    from: ['**'],
    except: [
      ...TESTS,
      'shared/gen/**',
      'shared/grpc/**',
      'hub/provinces/**',
      '{node,hub}/**/{grpc,hub,messages}.ts',
    ],
    to: ['shared/gen/**', 'npm:@bufbuild/protobuf'],
  },
  {
    name: 'grpc-js outside its adapter',
    why: 'a rejected handler kills the process and callback(err) tells the peer all: one wrapper guards both',
    from: ['**'],
    except: [...TESTS, 'shared/grpc/**'],
    to: ['npm:@grpc/*', 'npm:grpc-health-check'],
  },
  {
    name: 'drizzle outside queries',
    why: 'one statement, one meaning, one place to read it; errors with parameters must not travel',
    from: ['**'],
    except: [...TESTS, '**/tables.ts', '**/queries.ts', '**/*-queries.ts', '{shared,node,hub}/db/**'],
    to: ['npm:drizzle-orm'],
  },
  {
    name: 'Hono outside handlers',
    why: 'what an operation does must not depend on the door that its caller came through',
    from: ['**'],
    except: [...TESTS, '**/{http,json}.ts', 'shared/http/**'],
    to: ['npm:hono', 'npm:@hono/*'],
  },
  {
    name: 'a second logger',
    why: 'shared/log.ts decides what of an error may be written down; pino alone would write parameters',
    from: ['**'],
    except: [...TESTS, 'shared/log.ts'],
    to: ['npm:pino'],
  },
  {
    name: 'a handler imported',
    why: 'arrows run main → app → grpc → operations → queries; only app.ts puts handlers together',
    from: ['**'],
    except: [...TESTS, '{node,hub}/app.ts'],
    to: ['{node,hub}/**/grpc.ts'],
  },
  {
    name: 'routes served past the list',
    why: 'tests of access walk the list in rooms.ts: what is served beside it is what nobody tried',
    from: ['**'],
    except: [...TESTS, '{node,hub}/rooms.ts'],
    to: ['{node,hub}/**/http.ts', 'shared/http/{audit,audit-restores,me,outgoing}.ts'],
  },
  {
    name: 'the list of rooms builds something',
    why: 'app.ts is the only place that builds things; rooms.ts says which rooms there are, no more',
    from: ['{node,hub}/rooms.ts'],
    to: ['**'],
    toExcept: [
      '**/{acts,kinds}.ts',
      '{node,hub}/**/http.ts',
      'shared/acts/{access,me}.ts',
      'shared/http/{audit,audit-restores,me,outgoing,room,route}.ts',
    ],
  },
  {
    name: 'a handler reads the database',
    why: 'a handler calls one operation, which decides access and keeps the record; a query does neither',
    from: ['{node,hub}/**/{http,grpc}.ts'],
    to: ['**/{queries,tables}.ts', '{node,hub}/db/**', 'shared/db/**', 'npm:postgres'],
  },
  {
    name: 'a query calls back',
    why: 'arrows end at the query: one that calls an operation hides a transaction inside a statement',
    from: ['{node,hub}/**/queries.ts'],
    to: ['**/{http,grpc,hub,operations,app}.ts'],
  },
  {
    name: 'app.ts imported from below',
    why: 'app.ts is the only place that builds things; what is built must not know its builder',
    from: ['{shared,node,hub}/**'],
    except: [...TESTS, '{node,hub}/{main,cli,command-line}.ts'],
    to: ['{node,hub}/{app,main,cli,command-line}.ts'],
  },
];

/** Folders of node that hold features; each feature is a folder of its own in one of them. */
export const ROOMS = ['records', 'tracing', 'casework', 'federation', 'desk'];

/** Files of a feature that other features may import, and what each is for. */
export const FEATURE_DOORS: Readonly<Record<string, string>> = {
  '**/operations.ts': 'what the feature does',
  'node/*/kinds.ts': 'what a room tells through the feed; types and names only',
  '**/rules.ts': 'what the feature knows',
  '**/tables.ts': 'what it keeps: for those who read it with a reason in table-rules.ts',
  '**/json.ts': 'how answers show it: schemas and words, no routes',
  '**/acts.ts': 'who may do what in it: how far somebody reaches there can matter here',
  'node/sealing/{sealer,token-sealer,data-keys,hmac-key,bound-text}.ts':
    'what every query on a sealed column seals and opens with; it computes and stores nothing',
  'node/records/intake/columns.ts': 'how one field of what is recorded is read: corrected by hand, too',
  'node/sealing/key-source.ts': 'where data keys come from and how a ring is written: for the launchers',
  'node/tracing/asking/admission.ts': 'nobody asks or delivers anything but under an admitted opening',
  'hub/provinces/roster.ts': 'who is enrolled is what all of the hub depends on',
  'hub/provinces/province-link.ts': 'a connection to a province is the very thing that hub/provinces offers',
};

export const FEATURE_WHY =
  'one feature uses another through its operations.ts or rules.ts; queries and handlers may change any day';
/** Files of shared that no program imports, and why they are there all the same. */
export const SHARED_ENTRIES: Readonly<Record<string, string>> = {
  'shared/{acts,feed,http}/tables.ts':
    'tables that both programs have, as TypeScript: the schema tests compare them with the SQL',
  'shared/pseudonym/oprf-worker.ts': 'the entry of a thread: named by its path, imported by nobody',
};
export const SHARED_WHY =
  'shared is what node and hub both stand upon; what only launchers or tests use lives with them';
export const CYCLE_WHY = 'files in a cycle can only be understood, tested and moved together';
export const DEPENDENCY_WHY =
  'what is installed in a province is what its programs use: no more, no less, no development tools';
export const TARGET_WHY =
  'programs run as plain JavaScript, where nobody guesses what an inexact specifier means';
