/** What electron-builder is told: a pure function, so that a test can read it. `docs/packaging.md` says why each part is as it is. */

export const appId = 'studio.loupe.app';
export const catalogMime = 'application/vnd.loupe.catalog';

/** Files that a plain Node runs or reads: the engine, the command line, their packages. They lie beside the archive (src/engine/entry.ts). */
const unpacked = ['out/engine/**', 'out/catalog/**', 'out/cli/**', 'out/chunks/**', 'bin/**', 'node_modules/**', 'native/**', 'resources/**', 'scripts/**', 'package.json', 'package-lock.json'];

/** @param {{app: string, output: string, icons: string, electronVersion: string, electronDist: string | null}} places
 *   `app`: the staged folder; `icons`: a folder with icon.icns, icon.ico and NxN.png */
export function builderConfig({ app, output, icons, electronVersion, electronDist }) {
  return {
    appId,
    productName: 'Loupe',
    directories: { app, output, buildResources: icons },
    // The staged folder is whole and already pruned: nothing is installed, rebuilt or looked for again.
    files: ['**/*'],
    npmRebuild: false,
    nodeGypRebuild: false,
    buildDependenciesFromSource: false,
    asar: true,
    asarUnpack: unpacked,
    electronVersion,
    ...(electronDist === null ? {} : { electronDist }),
    // No auto-update: nothing is published, nothing asks a server.
    publish: null,
    fileAssociations: [{ ext: 'loupe', name: 'Loupe catalog', description: 'Features of a language model', mimeType: catalogMime, role: 'Editor', icon: 'icon' }],
    linux: { target: ['AppImage', 'deb'], category: 'Science', icon: icons, executableName: 'loupe-studio', maintainer: 'Loupe', synopsis: 'Interpretability studio' },
    mac: { target: ['dmg', 'zip'], category: 'public.app-category.developer-tools', icon: `${icons}/icon.icns`, hardenedRuntime: true, identity: null, extendInfo: { NSHumanReadableCopyright: '' } },
    win: { target: ['nsis'], icon: `${icons}/icon.ico` },
    nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true, deleteAppDataOnUninstall: false },
    deb: { depends: ['libgtk-3-0', 'libnotify4', 'libnss3', 'libxss1', 'libxtst6', 'xdg-utils', 'libatspi2.0-0', 'libuuid1', 'libsecret-1-0'] },
  };
}
