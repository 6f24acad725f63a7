//! The smallest program for Windows that tools for Authenticode take: a PE32+ file with one section and no code.
//! Signatures are all that ever happens to it.

const HEADERS: usize = 0x200;
const SECTION: usize = 0x200;

/// An unsigned portable executable. Layout: Microsoft's "PE Format".
pub fn portable_executable() -> Vec<u8> {
    let mut file = Vec::new();
    append_dos_header(&mut file);
    append_file_header(&mut file);
    append_optional_header(&mut file);
    append_section_header(&mut file);
    file.resize(HEADERS, 0);
    // `ret`, and nothing behind it.
    file.push(0xc3);
    file.resize(HEADERS + SECTION, 0);
    file
}

fn append_dos_header(file: &mut Vec<u8>) {
    file.extend(b"MZ");
    file.resize(0x3c, 0);
    // Where the PE header begins: right behind this field, on a multiple of eight.
    append_32(file, &[0x40]);
}

fn append_file_header(file: &mut Vec<u8>) {
    file.extend(b"PE\0\0");
    // For AMD64, one section.
    append_16(file, &[0x8664, 1]);
    // No time, no symbols.
    append_32(file, &[0, 0, 0]);
    // The size of the optional header with sixteen directories; executable, aware of large addresses.
    append_16(file, &[112 + 16 * 8, 0x22]);
}

fn append_optional_header(file: &mut Vec<u8>) {
    // PE32+, no linker's version.
    append_16(file, &[0x20b, 0]);
    // Sizes of code, data and uninitialised data; where it starts, where code lies.
    append_32(file, &[SECTION as u32, 0, 0, 0x1000, 0x1000]);
    // The image's address; alignment in memory and in the file.
    append_32(file, &[0x4000_0000, 1, 0x1000, 0x200]);
    // Versions of the operating system, the image, the subsystem.
    append_16(file, &[6, 0, 0, 0, 6, 0]);
    // Reserved; sizes of image and headers; no checksum.
    append_32(file, &[0, 0x2000, HEADERS as u32, 0]);
    // A console program, without further characteristics.
    append_16(file, &[3, 0]);
    // Stack and heap, reserved and committed, 64 bits each; no loader's flags, sixteen directories.
    append_32(file, &[0x10_0000, 0, 0x1000, 0, 0x10_0000, 0, 0x1000, 0, 0, 16]);
    // All sixteen are empty; the fifth will tell where the signature lies.
    append_32(file, &[0; 32]);
}

fn append_section_header(file: &mut Vec<u8>) {
    file.extend(b".text\0\0\0");
    // Size and address in memory, size and place in the file; no relocations, no line numbers.
    append_32(file, &[1, 0x1000, SECTION as u32, HEADERS as u32, 0, 0, 0]);
    // Code that can be read and executed.
    append_32(file, &[0x6000_0020]);
}

fn append_16(file: &mut Vec<u8>, values: &[u16]) {
    file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn append_32(file: &mut Vec<u8>, values: &[u32]) {
    file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}
