/** Icons of the platforms out of PNG files (resources/icons/NxN.png): Apple's .icns and Windows' .ico are containers of them. */
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The type that .icns gives to a PNG of so many pixels a side. */
const icnsTypes = { 16: 'icp4', 32: 'icp5', 64: 'icp6', 128: 'ic07', 256: 'ic08', 512: 'ic09', 1024: 'ic10' };
const largestIco = 256;

/** Pixels a side, by the header of a PNG. @param {Buffer} png */
export function pngSize(png) {
  if (png.length < 24 || png.readUInt32BE(0) !== 0x89504e47) throw new Error('not a PNG');
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  if (width !== height) throw new Error(`the icon is ${width} x ${height}: it must be square`);
  return width;
}

/** @param {Buffer[]} pngs @returns {Buffer} */
export function icns(pngs) {
  const parts = pngs.filter((png) => pngSize(png) in icnsTypes).map((png) => {
    const head = Buffer.alloc(8);
    head.write(icnsTypes[pngSize(png)], 0, 'latin1');
    head.writeUInt32BE(png.length + 8, 4);
    return Buffer.concat([head, png]);
  });
  const head = Buffer.alloc(8);
  head.write('icns', 0, 'latin1');
  head.writeUInt32BE(8 + parts.reduce((sum, part) => sum + part.length, 0), 4);
  return Buffer.concat([head, ...parts]);
}

/** Windows knows sizes up to 256, which it writes as 0. @param {Buffer[]} pngs @returns {Buffer} */
export function ico(pngs) {
  const used = pngs.filter((png) => pngSize(png) <= largestIco).sort((a, b) => pngSize(b) - pngSize(a));
  const head = Buffer.alloc(6 + 16 * used.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(used.length, 4);
  let offset = head.length;
  used.forEach((png, i) => {
    const at = 6 + 16 * i;
    head[at] = head[at + 1] = pngSize(png) % largestIco;
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(png.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += png.length;
  });
  return Buffer.concat([head, ...used]);
}

/** Writes every form of the icon into a folder. @param {string} from resources/icons @param {string} to */
export function writeIcons(from, to) {
  mkdirSync(to, { recursive: true });
  const names = readdirSync(from).filter((name) => /^\d+x\d+\.png$/.test(name));
  const pngs = names.map((name) => readFileSync(join(from, name)));
  for (const name of names) copyFileSync(join(from, name), join(to, name));
  writeFileSync(join(to, 'icon.icns'), icns(pngs));
  writeFileSync(join(to, 'icon.ico'), ico(pngs));
}
