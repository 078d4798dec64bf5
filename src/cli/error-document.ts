import { z } from 'zod';
import { kErrorCodes, kErrorKinds } from '../error-codes.js';
import { HepaticaError } from '../errors.js';
import { asFlags } from './remedies.js';

const kinds = Object.values(kErrorKinds);

/** What a command that fails prints with `--json`; docs/error.schema.json is this as a JSON schema. */
export const errorDocumentSchema = z.strictObject({
  error: z.strictObject({
    code: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]*$/)
      .meta({ description: 'Stable, for programs; later versions have more' }),
    class: z.enum(kinds.map(({ className }) => className)).meta({ description: 'Follows from the code' }),
    exitCode: z
      .literal([...new Set(kinds.map(({ exitCode }) => exitCode))])
      .meta({ description: 'Of the process; follows from the code' }),
    message: z.string().min(1).meta({ description: 'A whole sentence for a person' }),
    file: z.string().optional().meta({ description: 'The file or folder at fault' }),
    field: z.string().optional().meta({ description: 'The option, argument or field of a file at fault' }),
    remedy: z.string().optional().meta({ description: 'What the user can do' }),
  }),
});

export type ErrorDocument = z.output<typeof errorDocumentSchema>;

/** The document of any error: what is none of hepatica's is a fault of it. */
export function errorDocument(error: unknown): ErrorDocument {
  if (!(error instanceof HepaticaError)) {
    const message = (error instanceof Error && error.message) || String(error);
    return errorDocument(new HepaticaError('INTERNAL_ERROR', message));
  }
  const { code, message, file, field } = error;
  const remedy = error.remedy && asFlags(error.remedy);
  const { className, exitCode } = kErrorKinds[kErrorCodes[code]];
  return {
    error: {
      code,
      class: className,
      exitCode,
      message,
      ...(file !== undefined && { file }),
      ...(field !== undefined && { field }),
      ...(remedy !== undefined && { remedy }),
    },
  };
}
