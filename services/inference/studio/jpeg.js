// Pictures as JPEGs, no larger than needed.

const LONGEST_SIDE = 1600;
const QUALITY = 0.92;

/**
 * Read a file as a JPEG that is no larger than faces need; null where it is no picture.
 * @param {Blob} file
 */
export async function asJpeg(file) {
  let image;
  try {
    image = await createImageBitmap(file);
  } catch {
    return null;
  }
  const scale = scaleOf(image);
  return drawnAsJpeg(image, { width: Math.round(image.width * scale), height: Math.round(image.height * scale) }, QUALITY);
}

/**
 * By how much a picture is to be made smaller; it is never made larger.
 * @param {{ width: number, height: number }} size
 */
export const scaleOf = ({ width, height }) => Math.min(1, LONGEST_SIDE / Math.max(width, height));

/**
 * Draw a picture and give what was drawn; null where that cannot be made a JPEG, as with a video before its first picture.
 * @param {CanvasImageSource} image
 * @param {{ width: number, height: number }} size - to be drawn in
 * @param {number} quality
 * @param {HTMLCanvasElement} [canvas]
 * @returns {Promise<Blob | null>}
 */
export function drawnAsJpeg(image, { width, height }, quality, canvas = document.createElement("canvas")) {
  canvas.width = width;
  canvas.height = height;
  const surface = canvas.getContext("2d");
  if (!surface) throw new Error("This browser cannot draw pictures. Try another one.");
  surface.drawImage(image, 0, 0, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
}
