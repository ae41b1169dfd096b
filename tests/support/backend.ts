/** Which backends tests can use here: `cpu` always, others where their probe succeeds; a skip names what is absent. */
import { probeBackend } from '../../src/engine/backend/probe.ts';
import type { BackendName } from '../../src/engine/backend/select.ts';

/** For `{ skip: await absent('tensorflow') }`: false where the backend works, else the reason it does not. */
export async function absent(backend: BackendName): Promise<string | false> {
  const probe = await probeBackend(backend);
  return probe.ok ? false : `no ${backend} backend here: ${probe.reason}`;
}
