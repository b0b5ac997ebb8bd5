/** All of the strange applications, by the names of services. */
import { FrontPage } from './front-page.ts'
import { KEY_VALUES_GLUE, KeyValues } from './key-values.ts'
import { LABELS_GLUE, Labels } from './labels.ts'
import { NULL_GLUE, NullTree } from './null-tree.ts'
import { OldParts } from './old-parts.ts'
import { ONCE_GLUE, OnceTickets } from './once-tickets.ts'
import { PAGED_GLUE, PagedMembers } from './paged-members.ts'
import { POLITE_GLUE, PoliteGuests } from './polite-guests.ts'
import { REVISED_GLUE, RevisedDocuments } from './revised-documents.ts'
import { Shelf } from './shelf.ts'
import { StampingShop } from './stamping-shop.ts'
import { STRICT_GLUE, StrictDocuments } from './strict-documents.ts'

export interface StrangeApplication extends AsyncDisposable {
  listen(): Promise<string>
  /** What clients have set of a resource, past Cheops. */
  item(name: string): unknown
}

/** By the name of the service: what starts an instance, and its glue; none for what the built-in `rest` has to do. */
export const APPLICATIONS: Readonly<
  Record<string, readonly [start: (site: string) => StrangeApplication, glue?: string]>
> = {
  strict: [() => new StrictDocuments()],
  'strict-glue': [() => new StrictDocuments(), STRICT_GLUE],
  shop: [site => new StampingShop(site)],
  prefixed: [() => new Labels()],
  labels: [() => new Labels(), LABELS_GLUE],
  parts: [() => new OldParts()],
  guests: [() => new PoliteGuests()],
  members: [() => new PagedMembers()],
  'members-glue': [() => new PagedMembers(), PAGED_GLUE],
  values: [() => new KeyValues(), KEY_VALUES_GLUE],
  shelf: [() => new Shelf()],
  half: [() => new KeyValues(), KEY_VALUES_GLUE],
  tickets: [() => new OnceTickets(), ONCE_GLUE],
  revised: [site => new RevisedDocuments(site), REVISED_GLUE],
  'guests-glue': [() => new PoliteGuests(), POLITE_GLUE],
  leaves: [() => new NullTree()],
  'leaves-glue': [() => new NullTree(), NULL_GLUE],
  'half-page': [site => (site === 'a' ? new Shelf() : new FrontPage())],
}
