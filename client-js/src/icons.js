/** Icons that more than one view draws: paths of a 24 x 24 line drawing. */

export const BELL = ["M6 9a6 6 0 0 1 12 0c0 6 2.5 7 2.5 7h-17S6 15 6 9", "M10 20a2 2 0 0 0 4 0"];
export const CROSS = "M6 6l12 12M18 6L6 18";
