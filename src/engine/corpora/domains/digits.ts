/** Digits: sums, differences, products and sequences, written by a seed. */
import { Random } from '../../random.ts';
import type { Domain, DomainDocument } from './definition.ts';

/** Documents of the domain, and lines of one. */
const [count, lines] = [60_000, 8];

function sequence(random: Random): string {
  const [first, step] = [random.integer(100), 1 + random.integer(12)];
  return Array.from({ length: 6 }, (_, i) => first + i * step).join(' ');
}

function line(random: Random): string {
  const [a, b] = [random.integer(1000), random.integer(1000)];
  const [small, other] = [random.integer(100), random.integer(100)];
  switch (random.integer(4)) {
    case 0: return `${a}+${b}=${a + b}`;
    case 1: return `${Math.max(a, b)}-${Math.min(a, b)}=${Math.abs(a - b)}`;
    case 2: return `${small}*${other}=${small * other}`;
    default: return sequence(random);
  }
}

/** Document `number`, the same each time. */
export function digitsDocument(number: number): string {
  const random = Random.from(number, 'domain digits');
  return Array.from({ length: lines }, () => line(random)).join('\n');
}

async function* documents(): AsyncGenerator<DomainDocument> {
  for (let number = 0; number < count; number++) {
    const id = `digits:${number}`;
    yield { id, text: digitsDocument(number), group: id };
  }
}

export const digits: Domain = {
  id: 'digits', title: 'Digits', summary: 'Sums, differences, products and sequences of whole numbers, made by a seed',
  open: async () => ({ sources: [`${count} seeded documents`], documents }),
};
