// --- a spreadsheet as Office Open XML has it: a few files of XML in an archive that is not packed -

const MOST_LETTERS = 32_767; // of a cell
const MOST_ROWS = 1_048_576;
const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

// Text in XML; a spreadsheet reads _x0041_ as A, so that the underscore is spelt out there.
const inXml = (text) => text.replace(/_(?=x[0-9A-Fa-f]{4}_)/g, "_x005F_").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\r", "&#13;");

const letters = (number) => (number < 26 ? "" : letters(Math.floor(number / 26) - 1)) + String.fromCharCode(65 + (number % 26));

// A text is a text whatever it begins with: only numbers stand outside of one.
function sheetCell(value, place) {
  if (value === null || value === undefined || Number.isNaN(value) || value === "") return "";
  if (typeof value === "number") return `<c r="${place}"><v>${value}</v></c>`;
  return `<c r="${place}" t="inlineStr"><is><t xml:space="preserve">${inXml(value)}</t></is></c>`;
}

const sheetRow = (row, at) => `<row r="${at + 1}">${row.map((value, column) => sheetCell(value, letters(column) + (at + 1))).join("")}</row>`;

// Why a text cannot stand in a cell; nothing where all can.
function unfit(rows) {
  if (rows.length > MOST_ROWS) return `${rows.length.toLocaleString("en")} rows, where a sheet holds ${MOST_ROWS.toLocaleString("en")}`;
  for (const row of rows)
    for (const value of row) {
      if (typeof value !== "string") continue;
      if (value.length > MOST_LETTERS) return `${row[0]}: ${value.length.toLocaleString("en")} characters, where a cell holds ${MOST_LETTERS.toLocaleString("en")}`;
      if (UNSEEN.test(value)) return `${row[0]}: a control character, which a sheet cannot hold`;
    }
  return "";
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const OOXML = "http://schemas.openxmlformats.org";
const SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml";

// An element of XML; no value here needs more than `inXml` did.
function tag(name, attributes, ...inner) {
  const shown = Object.entries(attributes).map(([key, value]) => ` ${key}="${value}"`).join("");
  return inner.length ? `<${name}${shown}>${inner.join("")}</${name}>` : `<${name}${shown}/>`;
}

const relations = (...several) => XML + tag("Relationships", { xmlns: `${OOXML}/package/2006/relationships` },
  ...several.map(([kind, target]) => tag("Relationship", { Id: "rId1", Type: `${OOXML}/officeDocument/2006/relationships/${kind}`, Target: target })));

// Rows, the header first, as the parts of a file with one sheet.
function sheetFile(rows) {
  const main = { xmlns: `${OOXML}/spreadsheetml/2006/main` };
  const part = (name, kind) => tag("Override", { PartName: name, ContentType: `${SHEETS}.${kind}+xml` });
  const frozen = tag("pane", { ySplit: 1, topLeftCell: "A2", activePane: "bottomLeft", state: "frozen" });
  return zipped([
    ["[Content_Types].xml", XML + tag("Types", { xmlns: `${OOXML}/package/2006/content-types` },
      tag("Default", { Extension: "rels", ContentType: "application/vnd.openxmlformats-package.relationships+xml" }),
      part("/xl/workbook.xml", "sheet.main"), part("/xl/worksheets/sheet1.xml", "worksheet"))],
    ["_rels/.rels", relations(["officeDocument", "xl/workbook.xml"])],
    ["xl/workbook.xml", XML + tag("workbook", { ...main, "xmlns:r": `${OOXML}/officeDocument/2006/relationships` },
      tag("sheets", {}, tag("sheet", { name: "segments", sheetId: 1, "r:id": "rId1" })))],
    ["xl/_rels/workbook.xml.rels", relations(["worksheet", "worksheets/sheet1.xml"])],
    ["xl/worksheets/sheet1.xml", XML + tag("worksheet", main,
      tag("sheetViews", {}, tag("sheetView", { workbookViewId: 0 }, frozen)),
      tag("cols", {}, tag("col", { min: 2, max: 4, width: 60, customWidth: 1 })),
      tag("sheetData", {}, rows.map(sheetRow).join("")))],
  ]);
}

const CRC = Uint32Array.from({ length: 256 }, (_, at) => {
  let left = at;
  for (let bit = 0; bit < 8; bit++) left = left & 1 ? (left >>> 1) ^ 0xedb88320 : left >>> 1;
  return left;
});

const crc32 = (bytes) => {
  let left = 0xffffffff;
  for (const byte of bytes) left = CRC[(left ^ byte) & 255] ^ (left >>> 8);
  return (left ^ 0xffffffff) >>> 0;
};

// Numbers of two or four bytes, the low one first.
function numbers(...sized) {
  const view = new DataView(new ArrayBuffer(sized.reduce((sum, [size]) => sum + size, 0)));
  let at = 0;
  for (const [size, value] of sized) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return view;
}

// An archive of files that are stored as they are (APPNOTE 6.3.10), as parts of a Blob.
function zipped(files) {
  const encoder = new TextEncoder();
  const parts = [], directory = [];
  let at = 0, listed = 0;
  for (const [name, text] of files) {
    const [path, bytes] = [encoder.encode(name), encoder.encode(text)];
    // Version 2.0, UTF-8 names, stored, the first of January 1980; sums and sizes; lengths of names.
    const facts = [[2, 20], [2, 0x0800], [2, 0], [2, 0], [2, 33], [4, crc32(bytes)], [4, bytes.length], [4, bytes.length], [2, path.length], [2, 0]];
    parts.push(numbers([4, 0x04034b50], ...facts), path, bytes);
    directory.push(numbers([4, 0x02014b50], [2, 20], ...facts, [2, 0], [2, 0], [2, 0], [4, 0], [4, at]), path);
    at += 30 + path.length + bytes.length;
    listed += 46 + path.length;
  }
  const end = numbers([4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, listed], [4, at], [2, 0]);
  return [...parts, ...directory, end];
}
