/** The player without subtitles, DRM and alternative sound; it has the same types as the whole one. */
declare module 'hls.js/light' {
  export { default } from 'hls.js';
}

/** The bundler takes style sheets along. */
declare module '*.css';
