import { defineConfig } from 'vitest/config';

// Tests that count frames or drive a browser run one file at a time: on two cores they would disturb each other.
const isLong = process.env.HOLDFAST_LONG === '1';
const LONG_TIMEOUT_MS = 60 * 60_000;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/system/**', 'test/browser/**', 'node_modules/**'],
          setupFiles: ['test/seeded.ts'],
          testTimeout: isLong ? LONG_TIMEOUT_MS : 30_000,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: isLong ? LONG_TIMEOUT_MS : 240_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
