export { CheopsError, ERRORS } from './errors.ts'
