import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';

const SOURCE = 'src/servers/admin/page';
const TARGET = 'dist/page';

/** What a phone loads over a slow link, all files together; three quarters of it are the HLS player. */
const MAX_GZIP_BYTES = 150_000;

/**
 * The appliance serves fragmented MP4 alone: without the player's readers for MPEG-TS, AAC and MP3 the bundler leaves out what
 * only they use, 5 kB compressed.
 */
const onlyMp4: Plugin = {
  name: 'only-mp4',
  setup({ onLoad }) {
    onLoad({ filter: /hls\.light\.mjs$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const contents = source.replace(/, \{\s+demux: TSDemuxer,[\s\S]*?\n\}\];/, '];');
      if (contents === source) throw new Error(`${path}: the table of demuxers is not where it was`);
      return { contents, loader: 'js' };
    });
  },
};

await mkdir(TARGET, { recursive: true });
await build({
  entryPoints: { page: join(SOURCE, 'main.tsx') },
  outdir: TARGET,
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['chrome110', 'firefox115', 'safari16.4'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  plugins: [onlyMp4],
  logLevel: 'warning',
});
await copyFile(join(SOURCE, 'index.html'), join(TARGET, 'index.html'));

let totalBytes = 0;
for (const name of (await readdir(TARGET)).sort()) {
  const sizeBytes = gzipSync(await readFile(join(TARGET, name)), { level: 9 }).length;
  totalBytes += sizeBytes;
  console.log(`${name}: ${sizeBytes} bytes compressed`);
}
console.log(`page: ${totalBytes} of ${MAX_GZIP_BYTES} bytes compressed`);
if (totalBytes > MAX_GZIP_BYTES) {
  console.error(`The page is ${totalBytes - MAX_GZIP_BYTES} bytes too large.`);
  process.exitCode = 1;
}
