/**
 * `text` with control characters, and those that change the direction of text, escaped as in JSON. So no file name and no
 * sample of a line breaks the output line or moves the cursor.
 */
export function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    const written = JSON.stringify(character).slice(1, -1);
    return written === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : written;
  });
}
