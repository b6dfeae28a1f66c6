/**
 * What processes use, from /proc (Linux): memory, and processor time in nanoseconds, which a busy machine
 * does not stretch as it stretches the wall clock.
 */
import { readdir, readFile } from 'node:fs/promises';

/** Resident memory of a process in MiB: now, and at most so far. */
export async function memoryOf(pid: number): Promise<{ rssMib: number; peakMib: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const mib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1024;
  return { rssMib: mib('VmRSS'), peakMib: mib('VmHWM') };
}

/** Processor time of a process so far, all of its threads, in milliseconds; 0 if it is gone. */
export async function cpuMsOf(pid: number): Promise<number> {
  try {
    const threads = await readdir(`/proc/${pid}/task`);
    const times = await Promise.all(
      threads.map((thread) => onCpuNs(`/proc/${pid}/task/${thread}/schedstat`)),
    );
    return times.reduce((a, b) => a + b, 0) / 1e6;
  } catch {
    return 0;
  }
}

/** Process ids of the children of `parent`. */
export async function childrenOf(parent: number): Promise<number[]> {
  const text = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8');
  return text.trim().split(' ').filter(Boolean).map(Number);
}

/** Process id of the parent of `child`. */
export async function parentOf(child: number): Promise<number> {
  const status = await readFile(`/proc/${child}/status`, 'utf8');
  return Number(/PPid:\s+(\d+)/.exec(status)?.[1]);
}

async function onCpuNs(path: string): Promise<number> {
  const text = await readFile(path, 'utf8').catch(() => '0');
  return Number(text.split(' ')[0]);
}
