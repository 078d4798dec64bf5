/**
 * The JSON documents that hepatica writes, as schemas (zod) with their types: `hepatica/documents`, which runs in browsers
 * and in services without the native part.
 *
 * A field that is added leaves a document's version as it is, and schemas leave out fields that they do not know; one
 * that goes or changes its meaning counts it up.
 *
 * @packageDocumentation
 */
import * as z from 'zod';
import { comparisonSchema } from './comparison.js';
import { lesionsSchema } from './lesions.js';
import type { Unchanging } from './parts.js';
import { perimetersSchema } from './perimeters.js';
import { reportSchema } from './report.js';

export { type ComparisonDocument, comparisonSchema } from './comparison.js';
export { type LesionsDocument, lesionsSchema } from './lesions.js';
export { type PerimetersDocument, perimetersSchema } from './perimeters.js';
export { type ReportDocument, reportSchema } from './report.js';
export { comparisonDocument, lesionsDocument, type Provenance, perimetersDocument, reportDocument } from './results.js';

/** Any of them, told by `format`. */
export const documentSchema = z.discriminatedUnion('format', [
  comparisonSchema,
  lesionsSchema,
  perimetersSchema,
  reportSchema,
]);

/** A parsed document of any kind. */
export type HepaticaDocument = Unchanging<z.output<typeof documentSchema>>;

/** JSON Schema (2020-12) of a document, for other languages. */
export function jsonSchemaOf(format: HepaticaDocument['format']): object {
  const found = documentSchema.options.find(({ shape }) => shape.format.value === format);
  if (!found) throw new TypeError(`Expected format to be that of a document of hepatica's, received ${format}`);
  return z.toJSONSchema(found);
}
