/**
 * What code may mention, how large files may be and what no file may contain, as data with reasons. An
 * allowance that is no longer needed fails too, so that these lists stay true.
 */

/** Files in `from` must not use `names`, those in `allowed` (path pattern → reason) excepted. */
export interface UseRule {
  readonly name: string;
  readonly why: string;
  readonly from: readonly string[];
  readonly names: readonly string[];
  readonly allowed: Allowances;
}

export const USE_RULES: readonly UseRule[] = [
  {
    name: 'time',
    why: 'clocks and timers come from shared/clock.ts, so that a simulation owns time',
    from: ['{shared,node,hub}/**', 'tests/simulation/**'],
    names: [
      'Date.now',
      'new Date()',
      'performance.now',
      'process.hrtime',
      'setTimeout',
      'setInterval',
      'AbortSignal.timeout',
    ],
    allowed: {
      'shared/{clock,web/clock}.ts': 'the door itself; a page has one of its own',
      'node/web/sw.ts': 'a worker is one file: what it imports would be another, which it may not load',
    },
  },
  {
    name: 'randomness',
    why: 'ids, keys and nonces come from shared/ids.ts, so that a simulation can be repeated from its seed',
    from: ['{shared,node,hub}/**', 'tests/simulation/**'],
    names: [
      'Math.random',
      'randomBytes',
      'randomFillSync',
      'randomInt',
      'randomUUID',
      'crypto.randomBytes',
      'crypto.randomUUID',
      'crypto.getRandomValues',
      'sodium.randombytes_buf',
    ],
    allowed: { 'shared/{ids,web/clock}.ts': 'the door itself; a page has one of its own' },
  },
  {
    name: 'access by hand',
    why: 'who decides by hand forgets the entry, the refusal or the scope: change() and read() do all three',
    from: ['{shared,node,hub}/**'],
    names: ['decide', 'recordAct'],
    allowed: {
      'shared/acts/{access,act}.ts': 'the frame itself',
      'shared/http/door.ts': 'the door lets nobody in without an act',
      'shared/audit/record.ts': 'the pen that the frame writes with',
    },
  },
  {
    name: 'environment',
    why: 'a program says at its door what it needs, and every problem with it is reported in one message',
    from: ['{shared,node,hub}/**'],
    names: ['process.env'],
    allowed: { '{node,hub}/{main,cli}.ts': 'the doors' },
  },
];

/** Path pattern → why what is refused elsewhere is right there. */
export type Allowances = Readonly<Record<string, string>>;

/** Lines and bytes that are enough; beyond them a file needs an allowance. */
export const LIMITS = {
  fileLines: 300,
  testLines: 500,
  functionLines: 60,
  lineLength: 110,
  fileBytes: 256 * 1024,
};

export const LONG_FILES: Allowances = {
  'node/app.ts': 'the only place that builds a node: every room comes by here',
  'hub/traces/live-trace.ts':
    'a trace is one state machine; what it remembers, measures and waits for has its rooms',
};
export const LONG_FUNCTIONS: Allowances = {};
export const LARGE_FILES: Allowances = {};
export const DEFAULT_EXPORTS: Allowances = {
  '{vite,vitest}.config.ts': 'vite and vitest read their configuration from the default export',
};

/** Why the checks of file-checks.ts exist. */
export const WHY = {
  idleAllowance: 'allowances that nobody needs make the next one look normal',
  fileLines: 'a file is read as a whole; what does not fit into a head has two subjects',
  functionLines: 'a function that does not fit on a screen does more than its name says',
  lineLength: 'two files fit beside each other on a screen',
  fileBytes: 'every clone carries it for ever; data sets are generated or fetched, not committed',
  header: 'who opens a file must learn in its first lines what it owns and what it must not do',
  defaultExport: 'a thing has one name, at its definition and at every use',
  name: 'what has no subject collects whatever has no home; name the subject',
  lastLine: 'the next line added would show as a change to this one',
  link: 'a promise that names its test, and a reader who follows a link, both need the file to be there',
  citation: 'who reads the code has this repository and nothing else: what a page says must stand in it',
  installScript: 'an install runs what strangers wrote (one reported every install to its maker): we decide',
  lockfile: 'npm ci installs what the lockfile names: what nobody can compare is whatever a mirror sends',
  dependency: 'a dependency is code that we run and cannot change: it must earn a sentence',
};

export const FORBIDDEN_NAMES = /(?:^|\/)(?:utils?|helpers?|common|managers?|misc)(?:\/|\.[a-z.]+$)/;
/** Here the name is a word of the contract and not a drawer for odds and ends. */
export const NAME_EXCEPTIONS = ['proto/**/common.proto'];

export interface TextRule {
  readonly pattern: RegExp;
  readonly what: string;
  readonly why: string;
  /** Path patterns that the rule does not speak of. */
  readonly except?: readonly string[];
}

/** Text that no line of a file may contain. */
export const FORBIDDEN_TEXT: readonly TextRule[] = [
  {
    pattern: /(?<![\w.)}*-])\/(?:work|root|home|Users)\/\w/,
    what: 'a path of one machine',
    why: 'it says where somebody worked and is wrong everywhere else',
  },
  {
    pattern:
      /\bregistry\.(?:npmjs\.org|npmmirror\.com|yarnpkg\.com)\b|\bnpm\.pkg\.github\.com\b|\/artifactory\//,
    what: 'a registry host',
    why: 'every centre installs through its own mirror; the host is configuration of the machine',
  },
  {
    pattern: /^\s*"resolved":\s*"/,
    what: 'a resolved address in the lockfile',
    why: 'with it npm ci would insist on the registry of whoever wrote the lockfile',
  },
  {
    pattern: /\bwhile \(!.*\b(?:stop|stopped|stopping|over|signal)\b.*\baborted\)/,
    what: 'a loop by hand',
    why: 'a background loop is startLoop of shared/loop.ts: it backs off, says a failure once, and ends',
    except: [
      'shared/loop.ts',
      // Streams of one caller, which end with the caller.
      'shared/http/events.ts',
      'node/tracing/openings/events.ts',
      // Work on one thing until it is done.
      'node/tracing/openings/submitter.ts',
      'node/federation/enrolment/operations.ts',
      'hub/traces/{live-trace,change-signal}.ts',
      'deploy/**',
      'tests/**',
    ],
  },
  {
    pattern: /\bJOIN records r ON r\.id = n\.record_id/,
    what: 'records joined to who is named',
    why: 'while an import fills them the planner goes through all of both: CROSS JOIN LATERAL … OFFSET 0',
    except: [
      // Of contacts that were delivered; the one statement that waits for it turns scans off.
      'node/tracing/contacts/deliveries-queries.ts',
      'tests/**',
    ],
  },
  {
    // Node's, vitest's and the browser's own apart.
    pattern: /\b(?!Secure|Provided|Browser)[A-Z]\w*Context\b/,
    what: 'a *Context of ours',
    why: 'what an operation is given to act with is its *Ctx; what a rule is told is its *Facts',
  },
  {
    pattern: /\r$/,
    what: 'a CR LF line ending',
    why: 'the bytes must be equal on every machine (.gitattributes)',
  },
  {
    pattern: /[ \t]$/,
    what: 'white space at the end of a line',
    why: 'it makes differences that nobody sees',
    except: ['LICENSE'],
  },
];
