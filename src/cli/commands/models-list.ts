/** `loupe models list`. */
export { listCommand as command } from './models.ts';
