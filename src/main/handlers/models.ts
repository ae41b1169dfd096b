import type { ServiceContext } from '../context.ts';
import type { HandlersOf } from './types.ts';

export function modelsHandlers({ engine }: ServiceContext): HandlersOf<'models'> {
  return {
    'models.find': () => engine.request('findModels', {}),
    'models.inspect': ({ path }) => engine.request('inspectModel', { path }),
  };
}
