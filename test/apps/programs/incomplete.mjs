// Where the optional packages were left out: the import holds, and the first call says what to type. Documents are read
// without them.
import { segmentLiver } from 'hepatica';
import { documentSchema } from 'hepatica/documents';

const volume = { data: new Int16Array(8), size: [2, 2, 2], spacing: [1, 1, 1], origin: [0, 0, 0] };
const direction = [1, 0, 0, 0, 1, 0, 0, 0, 1];
await segmentLiver({ ...volume, direction }).catch(({ code, remedy }) => console.log(code, remedy));
const perimeters = { format: 'hepatica-perimeters', version: 1, structure: 'liver', size: [2, 2, 2], slices: [] };
console.log('document of', documentSchema.parse(perimeters).structure);
