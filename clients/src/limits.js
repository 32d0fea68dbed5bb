/** What bounds a client; `MachineLimits` says what each is. @import {MachineLimits} from "./types.ts" */

/** @type {MachineLimits} */
export const LIMITS = {
  opening: 10_000,
  first: 5_000,
  silence: 40_000,
  steady: 5_000,
  better: 30_000,
  wait: 25,
  post: 20_000,
  age: 120_000,
  commands: 256,
};
