/** Time and chance, passed in so that a test can decide them. */
export interface World {
  nowMs(): number;
  /** From 0 to 1. */
  random(): number;
  /** Resolves after `delayMs`. */
  wait(delayMs: number): Promise<void>;
}

export const realWorld: World = {
  nowMs: () => Date.now(),
  random: () => Math.random(),
  wait: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
};

export function between(world: World, least: number, most: number): number {
  return least + world.random() * (most - least);
}
