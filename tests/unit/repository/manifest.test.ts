import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

interface Picture {
  readonly src: string;
  readonly sizes: string;
  readonly type: string;
  readonly purpose?: string;
}

const manifest = JSON.parse(readFileSync('public/manifest.webmanifest', 'utf8')) as {
  readonly icons: readonly Picture[];
  readonly screenshots: readonly Picture[];
  readonly shortcuts: readonly { readonly url: string; readonly icons: readonly Picture[] }[];
} & Record<string, unknown>;

/** Width and height as a PNG's first chunk gives them (PNG specification, 11.2.2). */
function pngSizes(src: string): string {
  const bytes = readFileSync(`public${src}`);
  return `${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`;
}

describe('the manifest', () => {
  test('has what installing needs', () => {
    expect(manifest).toMatchObject({
      id: '/',
      name: 'onggi',
      start_url: '/',
      scope: '/',
      display: 'standalone',
    });
    const offered = manifest.icons.map(({ sizes, purpose }) => `${sizes} ${purpose ?? ''}`);
    expect(offered).toEqual(
      expect.arrayContaining([
        '192x192 any',
        '512x512 any',
        '512x512 maskable',
        '512x512 monochrome',
      ]),
    );
  });

  const pictures = [
    ...manifest.icons,
    ...manifest.shortcuts.flatMap(({ icons }) => icons),
    ...manifest.screenshots,
  ];
  test.each(pictures)('$src is there in the size that is named', ({ src, sizes, type }) => {
    expect(existsSync(`public${src}`)).toBe(true);
    if (type === 'image/png') expect(pngSizes(src)).toBe(sizes);
  });

  test('is linked from the page, and every icon the page links is there', () => {
    const links = [
      ...readFileSync('index.html', 'utf8').matchAll(/<link rel="[^"]+" href="([^"]+)"/g),
    ];
    expect(links.map(([, href]) => href)).toContain('/manifest.webmanifest');
    for (const [, href = ''] of links) expect(existsSync(`public${href}`)).toBe(true);
  });
});

test('the page holds no script or style of its own, which the policy would refuse', () => {
  const html = readFileSync('index.html', 'utf8');
  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
});

test('the jar is the same drawing everywhere', () => {
  const paths = (file: string) =>
    [...readFileSync(file, 'utf8').matchAll(/\sd="(M[^"]{80,})"/g)].map(([, d]) => d).toSorted();
  const jar = paths('src/ui/parts/Jar.svelte');
  expect(jar).toHaveLength(3);
  for (const drawing of ['icon', 'icon-maskable', 'icon-monochrome']) {
    expect(paths(`public/icons/${drawing}.svg`)).toEqual(jar);
  }
});
