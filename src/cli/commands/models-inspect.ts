/** `loupe models inspect PATH`. */
export { inspectCommand as command } from './models.ts';
