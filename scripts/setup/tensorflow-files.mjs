/** Which files of TensorFlow's Python wheel the runtime needs, and how a TensorFlow folder is recognised. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Header folders that neither the binding nor a kernel includes: two thirds of the wheel's headers by size. */
const unneededHeaders =
  /^tensorflow\/include\/(external|tensorflow\/(compiler|lite|python|tools|tsl)|xla\/(mlir_hlo|mlir|service))\//;
const wantedLibrary = /^tensorflow\/(libtensorflow_(?:cc|framework)\.(?:so\.2|2\.dylib))$/;

/** The place of a wheel's file below the runtime's folder; undefined where it is not needed.
 * @param {string} name @returns {string | undefined} */
export function runtimeFileName(name) {
  const library = wantedLibrary.exec(name);
  if (library) return `lib/${library[1]}`;
  if (name.startsWith('tensorflow/include/') && !unneededHeaders.test(name)) return name.slice('tensorflow/'.length);
  return undefined;
}

/** The libraries and headers in a TensorFlow folder: ours, the Python package's, or the C library distribution's.
 * @param {string} folder @returns {{folder: string, libraries: string[], include: string, id: string} | undefined} */
export function inspectTensorflow(folder) {
  const include = join(folder, 'include');
  if (!existsSync(join(include, 'tensorflow', 'c', 'c_api.h'))) return undefined;
  for (const place of [join(folder, 'lib'), folder]) {
    const names = existsSync(place) ? readdirSync(place) : [];
    const framework = names.find((name) => /^libtensorflow_framework\.(so\.2|2\.dylib)$/.test(name));
    const core = names.find((name) => /^libtensorflow(_cc)?\.(so\.2|2\.dylib)$/.test(name));
    if (framework && core) {
      const libraries = [join(place, core), join(place, framework)];
      const sizes = libraries.map((path) => statSync(path).size);
      const id = createHash('sha256').update(JSON.stringify([libraries, sizes])).digest('hex').slice(0, 16);
      return { folder, libraries, include, id };
    }
  }
  return undefined;
}
