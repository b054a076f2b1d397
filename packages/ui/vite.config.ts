import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** `npm run dev` shows the UI of a `clew up` that runs beside it. */
const BACKEND = "http://127.0.0.1:16686";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  server: { proxy: { "/api": { target: BACKEND, changeOrigin: true } } },
  build: { target: "es2023", sourcemap: false, chunkSizeWarningLimit: 1_000 },
});
