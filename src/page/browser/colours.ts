/** As in overview.png: the liver yellow; the paper's figure 7: green benign, red malignant; what is indeterminate is white. */
export const kStructureColour = [255, 230, 0] as const;
/** In space a surface is shaded, which leaves little of a yellow. */
export const kStructureSurfaceColour = [226, 202, 176] as const;
export const kLesionColours = {
  benign: [0, 224, 64],
  malignant: [255, 48, 48],
  indeterminate: [232, 232, 232],
} as const;
