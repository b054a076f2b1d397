export function whyNoPowerCuts() { return "not yet"; }
export async function cutPower() {}
