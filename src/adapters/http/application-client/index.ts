export { ApplicationClient, MAX_ANSWER_BYTES } from './application-client.ts'
export type { ApplicationClientOptions, LocalService } from './application-client.ts'
export { sendRequest } from './single-request.ts'
export type { SingleRequestLimits } from './single-request.ts'
