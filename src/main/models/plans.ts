/** Plans of trainings, asked once: a busy engine answers late, and what a config takes in parameters does not change. */
import type { EngineSupervisor } from '../engine/supervisor.ts';
import { inTime } from '../in-time.ts';
import type { LmPlan } from '../../shared/schema/lm.ts';

const known = new WeakMap<EngineSupervisor, Map<string, LmPlan>>();

/** A new plan, as the machine is now; null when the engine takes too long. Kinds: those of lmPlan. */
export async function askPlan(engine: EngineSupervisor, config: Readonly<Record<string, unknown>>): Promise<LmPlan | null> {
  const plans = known.get(engine) ?? new Map<string, LmPlan>();
  known.set(engine, plans);
  // What comes late is there for the next question.
  const asked = engine.request('lmPlan', { config: { ...config } }).then((plan) => {
    plans.set(JSON.stringify(config), plan);
    return plan;
  });
  asked.catch(() => {});
  return inTime(asked, null);
}

/** One that is known, else a new one: its memory and disk may be those of another moment. Null where there is none, or none yet. */
export async function knownPlan(engine: EngineSupervisor, config: Readonly<Record<string, unknown>>): Promise<LmPlan | null> {
  return known.get(engine)?.get(JSON.stringify(config)) ?? askPlan(engine, config).catch(() => null);
}
