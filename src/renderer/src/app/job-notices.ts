/** What is said when a job has ended: a notice in the window, and one of the system when nobody looks at it. */
import type { Job } from '../../../shared/schema/job.ts';
import { notices } from './notices.svelte.ts';
import { isBoolean, recall, remember } from './preferences.ts';
import { router } from './router.svelte.ts';

/** What is to be said of a change, or null: a job that ended by itself, not one that was stopped. Pure. */
export function endOf(before: Job['state'] | undefined, job: Job): { readonly title: string; readonly failed: boolean } | null {
  if (before === undefined || before === job.state) return null;
  if (job.state === 'done') return { title: `${job.title} is done.`, failed: false };
  if (job.state === 'failed') return { title: `${job.title} failed.`, failed: true };
  // What the user asked for needs no news; an engine that fell over does.
  if (job.state === 'interrupted' && job.error !== null) return { title: `${job.title} was interrupted. It can be resumed.`, failed: true };
  return null;
}

/** A finished catalog or study is where one wants to go; of everything else, its run. */
export function openJob(job: Job): void {
  const catalog = job.result?.['catalog'];
  if (job.state === 'done' && typeof catalog === 'string') router.go('features', [], { catalog });
  else if (job.state === 'done' && job.kind === 'lm-sparsity') router.go('sparsity', [String(job.config['model'])], { run: job.id });
  else router.go('runs', [job.id]);
}

export const mayNotify = (): boolean => recall('notify', false, isBoolean) && typeof Notification === 'function' && Notification.permission === 'granted';

/** Asks for the system's notifications; false when the user or the system refuses. Made for a click: browsers ask only then. */
export async function allowNotifications(allow: boolean): Promise<boolean> {
  const granted = allow && typeof Notification === 'function' && (await Notification.requestPermission()) === 'granted';
  remember('notify', granted);
  return granted;
}

function notifySystem(title: string, job: Job): void {
  if (!mayNotify() || document.hasFocus()) return;
  const notification = new Notification('Loupe', { body: title, tag: job.id, icon: './icon.svg' });
  notification.onclick = () => {
    window.focus();
    openJob(job);
    notification.close();
  };
}

/** Says what there is to say of a change. */
export function announceJob(before: Job['state'] | undefined, job: Job): void {
  const end = endOf(before, job);
  if (end === null) return;
  const open = { title: 'Open', run: () => openJob(job) };
  if (end.failed) notices.fail({ ...(job.error ?? { kind: 'defect' as const, message: '' }), message: `${end.title} ${job.error?.message ?? ''}`.trim() }, open);
  else notices.say(end.title, open);
  notifySystem(end.title, job);
}
