export { evaluateCheck, isReadiness } from './evaluate.ts'
export { nodeSatisfies } from './machine.ts'
export type {
  BootstrapStatus,
  CertificateFact,
  CheckFacts,
  EndpointFact,
  FileFact,
  Finding,
  FolderFact,
  ListenerFact,
  MeshFact,
  SiteFact,
} from './facts.ts'
