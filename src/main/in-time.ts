/** How long an answer of a busy engine is waited for, ms. */
const patience = 2000;

/** The promise's value, or `otherwise` when it takes too long. */
export async function inTime<T>(promise: Promise<T>, otherwise: T, wait = patience): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => { timer = setTimeout(() => resolve(otherwise), wait); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
