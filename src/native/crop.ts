/** What the liver's network leaves for the lesion network: the box that it saw, and for a while the features of it. */
export interface CropHandle {
  /** Frees the features; the box stays known. */
  dispose(): void;
}
