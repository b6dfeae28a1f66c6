/**
 * Measurements as the tables of RESULTS.md: figures and ratios only, the words are written by hand.
 */
import { criticalStepMs, slowestMs, sum } from './federated-trace.ts';
import type { DegreeMeasurement, Measurement } from './measure.ts';

/** All tables, in Markdown. */
export function renderReport(measurements: readonly Measurement[]): string {
  return [
    '### What was asked',
    worldTable(measurements),
    '### One degree',
    degreeTable(measurements, 1, (critical, merged) => `+${ms(critical - merged)}`),
    '### Two degrees',
    degreeTable(measurements, 2, ratio),
    '### Growth: the largest world against the smallest',
    growthTable(measurements),
    '### Processor time of a two-degree trace',
    cpuTable(measurements),
    '### Memory',
    memoryTable(measurements),
    ...measurements.flatMap((measurement) => [`### Steps: ${titleOf(measurement)}`, stepTable(measurement)]),
  ].join('\n\n');
}

function worldTable(measurements: readonly Measurement[]): string {
  const head = [
    'stays',
    'provinces',
    'people',
    'F1',
    'F2',
    'contact events',
    'bytes on the wire',
    'load average',
  ];
  return table(
    head,
    measurements.map((m) => {
      const two = degreeOf(m, 2);
      const { questions, answers, deliveries } = two.bytes;
      const bytes = `${mb(questions)} + ${mb(answers)} + ${mb(deliveries)}`;
      return [
        ...[millions(m.stays), m.provinces, m.people, two.contacts[0] ?? 0, two.contacts[1] ?? 0],
        ...[two.contactEvents, bytes, m.loadAverage.toFixed(1)],
      ];
    }),
  );
}

/** `compare` puts a critical path beside the merged time. */
function degreeTable(
  measurements: readonly Measurement[],
  maxDegree: number,
  compare: (criticalMs: number, mergedMs: number) => string,
): string {
  const head = [
    ...['stays', 'provinces', 'merged', 'wall clock', 'wall clock / merged'],
    ...['critical path', 'beside merged', 'hub as when all are asked', 'beside merged'],
    ...['critical path to the last answer', 'beside merged'],
  ];
  return table(
    head,
    measurements.map((m) => {
      const d = degreeOf(m, maxDegree);
      const together = criticalTogetherMs(d);
      const answered = answeredMs(d);
      return [
        ...[millions(m.stays), m.provinces, ms(d.mergedMs), ms(d.wallMs), ratio(d.wallMs, d.mergedMs)],
        ...[ms(d.criticalMs), compare(d.criticalMs, d.mergedMs), ms(together), compare(together, d.mergedMs)],
        ...[ms(answered), compare(answered, d.mergedMs)],
      ];
    }),
  );
}

/**
 * The critical path with the hub's processor time of the run that asks all provinces at once: one by one, the
 * hub wakes and writes once a province, which costs it more. The slowest provinces are still those of the run
 * one by one.
 */
function criticalTogetherMs({ criticalMs, steps, cpu }: DegreeMeasurement): number {
  return criticalMs - sum(steps, ({ cpuMs }) => cpuMs) + cpu.hub;
}

/**
 * The critical path without the last step: planning, storing, sending and applying who gets which contact.
 */
function answeredMs({ criticalMs, steps }: DegreeMeasurement): number {
  return (
    criticalMs -
    sum(
      steps.filter(({ step }) => step === 'publish'),
      criticalStepMs,
    )
  );
}

function growthTable(measurements: readonly Measurement[]): string {
  const head = ['provinces', 'degrees', 'sizes', 'merged', 'wall clock', 'critical path'];
  const provinces = [...new Set(measurements.map((m) => m.provinces))];
  const rows = provinces.flatMap((count) => {
    const own = measurements.filter((m) => m.provinces === count).sort((a, b) => a.stays - b.stays);
    const [small, large] = [own[0], own.at(-1)];
    if (!small || !large || small === large) return [];
    return [1, 2].map((degree) => {
      const [a, b] = [degreeOf(small, degree), degreeOf(large, degree)];
      const sizes = `${millions(large.stays)} / ${millions(small.stays)}`;
      const ratios = (['mergedMs', 'wallMs', 'criticalMs'] as const).map((name) => ratio(b[name], a[name]));
      return [count, degree, sizes, ...ratios];
    });
  });
  return table(head, rows);
}

function cpuTable(measurements: readonly Measurement[]): string {
  const head = ['stays', 'provinces', 'merged', 'federated', 'ratio', 'hub', 'nodes', 'databases'];
  return table(
    head,
    measurements.map((m) => {
      const { cpu, mergedCpuMs } = degreeOf(m, 2);
      const total = cpu.hub + cpu.nodes + cpu.databases;
      return [
        ...[millions(m.stays), m.provinces, ms(mergedCpuMs), ms(total), ratio(total, mergedCpuMs)],
        ...[ms(cpu.hub), ms(cpu.nodes), ms(cpu.databases)],
      ];
    }),
  );
}

function memoryTable(measurements: readonly Measurement[]): string {
  const head = ['stays', 'provinces', 'hub (peak)', 'largest node (peak)', 'all nodes'];
  return table(
    head,
    measurements.map(({ stays, provinces, memory }) => [
      ...[millions(stays), provinces],
      ...[memory.hubMib, memory.nodeMib, memory.nodesMib].map((mib) => `${mib.toFixed(0)} MiB`),
    ]),
  );
}

function stepTable(measurement: Measurement): string {
  const head = ['degrees', 'step', 'hub CPU', 'hub database', 'slowest province', 'in all', 'answers'];
  return table(
    head,
    measurement.degrees.flatMap((degree) => [
      [degree.maxDegree, 'request to first step', '', '', '', ms(degree.betweenMs), ''],
      ...degree.steps.map((step, i) => [
        ...[degree.maxDegree, step.step === 'round' ? `round ${i + 1}` : 'deliver'],
        ...[ms(step.cpuMs), ms(step.storeMs), ms(slowestMs(step.provinces)), ms(criticalStepMs(step))],
        mb(step.bytesIn),
      ]),
      [degree.maxDegree, 'sum', '', '', '', ms(degree.criticalMs), mb(sum(degree.steps, (s) => s.bytesIn))],
    ]),
  );
}

function degreeOf({ degrees }: Measurement, maxDegree: number): DegreeMeasurement {
  return degrees.find((degree) => degree.maxDegree === maxDegree) as DegreeMeasurement;
}

function titleOf({ stays, provinces }: Measurement): string {
  return `${millions(stays)} stays, ${provinces} provinces`;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function millions(count: number): string {
  return `${(count / 1e6).toFixed(0)} M`;
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

function ratio(a: number, b: number): string {
  return (a / b).toFixed(2);
}
