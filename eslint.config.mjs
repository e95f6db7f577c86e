// Here editors look for it; its packages are in tests/node (`make lint` installs them).
export { default } from "./tests/node/eslint.config.mjs";
