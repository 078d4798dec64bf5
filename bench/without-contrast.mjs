/** What is left of a HU without contrast medium: vessels, organs and kidneys come near to one another (literature: liver 55, spleen 45, blood 40 HU). */
export const withoutContrast = (hu) => (hu > 45 && hu < 235 ? Math.round(45 + (hu - 45) * 0.2) : hu);
