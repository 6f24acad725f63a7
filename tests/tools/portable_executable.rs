//! The smallest program for 64-bit Windows that Windows runs: it returns 0. PE32+ as Microsoft's "PE Format" has it.

/// What sections are aligned to in the file, and in memory.
const FILE_ALIGNMENT: u32 = 0x200;
const SECTION_ALIGNMENT: u32 = 0x1000;

/// `xor eax, eax; ret`
const CODE: [u8; 3] = [0x31, 0xc0, 0xc3];

/// The program.
pub(crate) fn portable_executable() -> Vec<u8> {
    let headers = [dos_header(), coff_header(), optional_header(), section_header()].concat();
    [aligned(headers), aligned(CODE.to_vec())].concat()
}

fn aligned(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(FILE_ALIGNMENT as usize), 0);
    bytes
}

fn dos_header() -> Vec<u8> {
    let mut header = b"MZ".to_vec();
    header.resize(0x3c, 0);
    header.extend(0x40_u32.to_le_bytes());
    header
}

fn coff_header() -> Vec<u8> {
    let (machine_amd64, sections, size_of_optional_header) = (0x8664, 1, 240);
    let (executable_image, large_address_aware) = (0x02, 0x20);
    let mut header = b"PE\0\0".to_vec();
    header.extend(words(&[machine_amd64, sections]));
    header.extend([0; 12]);
    header.extend(words(&[size_of_optional_header, executable_image | large_address_aware]));
    header
}

fn optional_header() -> Vec<u8> {
    let (magic, linker_version) = (0x20b, 0);
    let (entry_point, base_of_code, image_base) = (SECTION_ALIGNMENT, SECTION_ALIGNMENT, 0x1_4000_0000_u64);
    let (size_of_image, size_of_headers, checksum) = (2 * SECTION_ALIGNMENT, FILE_ALIGNMENT, 0);
    let (system_version, image_version, subsystem_version) = ([6, 0], [0, 0], [6, 0]);
    let (console, compatible_with_no_execute) = (3, 0x100);
    let (reserved, committed) = (0x10_0000_u64, 0x1000_u64);
    let data_directories = 16;
    [
        words(&[magic, linker_version]),
        double_words(&[FILE_ALIGNMENT, 0, 0, entry_point, base_of_code]),
        image_base.to_le_bytes().to_vec(),
        double_words(&[SECTION_ALIGNMENT, FILE_ALIGNMENT]),
        words(&[system_version, image_version, subsystem_version].concat()),
        double_words(&[0, size_of_image, size_of_headers, checksum]),
        words(&[console, compatible_with_no_execute]),
        [reserved, committed, reserved, committed].map(u64::to_le_bytes).concat(),
        double_words(&[0, data_directories]),
        vec![0; 8 * data_directories as usize],
    ]
    .concat()
}

fn section_header() -> Vec<u8> {
    let (size_in_memory, size_in_file) = (CODE.len() as u32, FILE_ALIGNMENT);
    let (address_in_memory, place_in_file) = (SECTION_ALIGNMENT, FILE_ALIGNMENT);
    let (code, executable, readable) = (0x20, 0x2000_0000, 0x4000_0000);
    let mut header = b".text\0\0\0".to_vec();
    header.extend(double_words(&[size_in_memory, address_in_memory, size_in_file, place_in_file]));
    header.extend([0; 12]);
    header.extend(double_words(&[code | executable | readable]));
    header
}

fn words(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn double_words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}
