import packageJson from '../../../package.json' with { type: 'json' };
import type { SystemInfo } from '../../shared/schema/workspace.ts';
import type { ServiceContext } from '../context.ts';
import { memoryNow } from '../memory.ts';
import type { HandlersOf } from './types.ts';

export function systemInfo({ workspace, host, engine, backend }: ServiceContext): SystemInfo {
  return {
    version: packageJson.version, platform: `${process.platform} ${process.arch}`, host, node: process.versions.node,
    workspace, backend: backend(), engine: engine.state,
  };
}

export function systemHandlers(context: ServiceContext): HandlersOf<'system'> {
  return {
    'system.info': async () => systemInfo(context),
    'system.menu': async ({ items }) => {
      context.onMenu?.(items);
      return {};
    },
    'system.memory': () => memoryNow(context.engine.pid),
    'system.doctor': async () => {
      const { doctorReport, renderDoctor } = await import('../doctor/report.ts');
      const report = await doctorReport({ workspace: context.workspace });
      return { text: renderDoctor(report), report: JSON.parse(JSON.stringify(report)) as Record<string, unknown> };
    },
  };
}
