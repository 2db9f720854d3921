// jazzer.js brings libFuzzer as a ready-made addon that was linked on a newer system than many run: it asks for glibc 2.38 and for the
// libstdc++ of GCC 13. It needs them for three symbols only. Two are the names that C23 gives to strtol and strtoul; the third does
// nothing but say that the library is there. So where the addon does not load, a copy of it that asks for less is loaded instead.
import { readFileSync, writeFileSync } from "node:fs";

const VERSIONS = new Set(["GLIBC_2.38", "GLIBCXX_3.4.32"]);
const C23_PREFIX = "__isoc23_";
const WEAK_VERSION = 2;
const WEAK_BINDING = 2;
const UNVERSIONED = 1;

interface Section {
  readonly offset: number;
  readonly size: number;
  /** Entries of a table of needed versions. */
  readonly info: number;
}

/** Reads as much of a 64-bit little-endian ELF file as the dynamic symbols and their versions need. */
const sectionsOf = (elf: Buffer): ReadonlyMap<string, Section> => {
  const [table, entry, count, names] = [
    Number(elf.readBigUInt64LE(0x28)),
    elf.readUInt16LE(0x3a),
    elf.readUInt16LE(0x3c),
    elf.readUInt16LE(0x3e),
  ];
  const at = (index: number): Section => {
    const start = table + index * entry;
    return {
      offset: Number(elf.readBigUInt64LE(start + 24)),
      size: Number(elf.readBigUInt64LE(start + 32)),
      info: elf.readUInt32LE(start + 44),
    };
  };
  const name = (index: number) => textAt(elf, at(names).offset + elf.readUInt32LE(table + index * entry));
  return new Map(Array.from({ length: count }, (_, index) => [name(index), at(index)]));
};

const textAt = (elf: Buffer, offset: number): string => elf.toString("latin1", offset, elf.indexOf(0, offset));

/** Makes the versions in `VERSIONS` optional and returns the numbers by which symbols refer to them. */
const relaxVersions = (elf: Buffer, needed: Section, strings: Section): ReadonlySet<number> => {
  const relaxed = new Set<number>();
  for (let file = needed.offset, left = needed.info; left > 0; left -= 1) {
    let version = file + elf.readUInt32LE(file + 8);
    for (let more = elf.readUInt16LE(file + 2); more > 0; more -= 1) {
      if (VERSIONS.has(textAt(elf, strings.offset + elf.readUInt32LE(version + 8)))) {
        elf.writeUInt16LE(WEAK_VERSION, version + 4);
        relaxed.add(elf.readUInt16LE(version + 6));
      }
      version += elf.readUInt32LE(version + 12);
    }
    file += elf.readUInt32LE(file + 12);
  }
  return relaxed;
};

/** Writes a copy of a shared object that loads with an older glibc and libstdc++. */
export const writeForOlderLibraries = (original: string, copy: string): void => {
  const elf = readFileSync(original);
  const sections = sectionsOf(elf);
  const section = (name: string): Section => {
    const found = sections.get(name);
    if (found === undefined) throw new Error(`${original} has no section ${name}`);
    return found;
  };
  const [strings, symbols, versions] = [section(".dynstr"), section(".dynsym"), section(".gnu.version")];
  const relaxed = relaxVersions(elf, section(".gnu.version_r"), strings);
  for (let index = 0; index * 24 < symbols.size; index += 1) {
    if (!relaxed.has(elf.readUInt16LE(versions.offset + index * 2))) continue;
    const symbol = symbols.offset + index * 24;
    const name = elf.readUInt32LE(symbol);
    // The older name is the end of the newer one, so it is there already.
    if (textAt(elf, strings.offset + name).startsWith(C23_PREFIX)) elf.writeUInt32LE(name + C23_PREFIX.length, symbol);
    else elf.writeUInt8((WEAK_BINDING << 4) | (elf.readUInt8(symbol + 4) & 0x0f), symbol + 4);
    elf.writeUInt16LE(UNVERSIONED, versions.offset + index * 2);
  }
  writeFileSync(copy, elf);
};
