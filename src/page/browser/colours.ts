/** As in overview.png: the liver yellow; the paper's figure 7: green benign, red malignant. */
export const kStructureColour = [255, 230, 0] as const;
/** In space a surface is shaded, which leaves little of a yellow. */
export const kStructureSurfaceColour = [226, 202, 176] as const;
export const kBenignColour = [0, 224, 64] as const;
export const kMalignantColour = [255, 48, 48] as const;
