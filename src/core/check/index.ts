export { evaluateCheck, isReadiness } from './evaluate.ts'
export { applicationOf, nodeSatisfies } from './machine.ts'
export { otherGlue } from './other-glue.ts'
export { answeredText } from './replication.ts'
export type {
  BootstrapFact,
  CertificateFact,
  CheckFacts,
  CutFact,
  EndpointFact,
  FileFact,
  Finding,
  FolderFact,
  ListenerFact,
  MeshFact,
  ProblemFact,
  ReplicantsFact,
  ReplicationFact,
  SiteFact,
} from './facts.ts'
