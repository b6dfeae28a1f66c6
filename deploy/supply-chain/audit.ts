/**
 * `npm run audit`: whether a vulnerability is known of what we run. Fails when the registry reports one of
 * moderate severity or above in a runtime package. A registry that cannot be asked (mirrors often have no
 * list of vulnerabilities) is no failure, but nothing counts as checked then.
 */
import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { packageRoot } from '../../shared/package-root.ts';

/** Severities that fail the audit; `info` and `low` are shown and do not. */
const FAILING = ['moderate', 'high', 'critical'] as const;

/** What became of an audit; `text` is for people. */
export interface AuditVerdict {
  readonly result: 'clean' | 'vulnerable' | 'unchecked';
  readonly text: string;
}

interface AuditReport {
  readonly metadata?: { readonly vulnerabilities?: Readonly<Record<string, number>> };
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string }>>;
  readonly message?: string;
  readonly statusCode?: number;
  readonly error?: { readonly summary?: string };
}

/** Reads the JSON of `npm audit`. What is not such a report is `unchecked`, never `clean`. */
export function judgeAudit(json: string): AuditVerdict {
  const report = parse(json);
  const counts = report.metadata?.vulnerabilities;
  if (counts === undefined) {
    const why = report.message ?? report.error?.summary ?? 'npm gave no report';
    return { result: 'unchecked', text: `NOT CHECKED: the registry cannot be asked (${why.slice(0, 200)})` };
  }
  const found = FAILING.filter((severity) => (counts[severity] ?? 0) > 0);
  if (found.length === 0) return { result: 'clean', text: 'no vulnerability of moderate severity or above' };
  const packages = Object.entries(report.vulnerabilities ?? {})
    .filter(([, { severity }]) => (FAILING as readonly string[]).includes(severity))
    .map(([name, { severity }]) => `${name} (${severity})`);
  return { result: 'vulnerable', text: `known vulnerabilities: ${packages.join(', ')}` };
}

function parse(json: string): AuditReport {
  try {
    return (JSON.parse(json) ?? {}) as AuditReport;
  } catch {
    return {};
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === import.meta.filename) {
  const { stdout } = spawnSync('npm', ['audit', '--json', '--omit=dev'], {
    cwd: packageRoot,
    encoding: 'utf8',
  });
  const { result, text } = judgeAudit(stdout ?? '');
  console.log(`audit: ${text}`);
  process.exitCode = result === 'vulnerable' ? 1 : 0;
}
