import type { ServiceContext } from '../context.ts';
import type { HandlersOf } from './types.ts';

export function lmHandlers({ engine }: ServiceContext): HandlersOf<'lm'> {
  return {
    'lm.plan': ({ config }) => engine.request('lmPlan', { config }),
  };
}
