import { startEmbedded } from "../running-store.test-kit.ts";
import { engineContract } from "./engine.contract.test-kit.ts";

engineContract("the embedded engine", startEmbedded);
