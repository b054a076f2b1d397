/** The evaluation times of an expression: `startMs`, `startMs + stepMs`, …, `count` of them. */
export interface Grid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

export function timeOf(grid: Grid, step: number): number {
  return grid.startMs + step * grid.stepMs;
}

export function lastTimeOf(grid: Grid): number {
  return timeOf(grid, Math.max(0, grid.count - 1));
}

export function gridOf(startMs: number, endMs: number, stepMs: number): Grid {
  const count = endMs < startMs ? 0 : stepMs <= 0 ? 1 : Math.floor((endMs - startMs) / stepMs) + 1;
  return { startMs, stepMs, count };
}
